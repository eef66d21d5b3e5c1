/** `mcp-watch doctor --json`: what mcp-watch has to work with on this machine. */
import { z } from 'zod'
import { CONTAINER_ENGINES } from '../model/container.ts'
import { healthSchema, statusSchema } from './answers.ts'
import { schemaVersion, time } from './common.ts'

/** `blocked`: watching is impossible until it is mended; the command then ends with 4. */
export const CHECK_STATUSES = ['ok', 'note', 'warning', 'blocked'] as const

export const CHECK_AREAS = [
  'daemon',
  'service',
  'engine',
  'containers',
  'permissions',
  'system',
  'configuration',
  'notification',
  'state',
  'database',
  'lock',
  'log',
  'clock',
] as const

/** What cannot be seen on this machine. Closed list; a sentence for each in daemon/doctor/blind-spots.ts. */
export const BLIND_SPOTS = [
  'contents',
  'between-looks',
  'unconnected-udp',
  'other-users',
  'hidden-processes',
  'unknown-clients',
  'inside-clients',
  'remote-servers',
  'container-servers',
  'virtual-machine',
  'outside-container',
  'windows-clients',
] as const

export const CONTAINERS = ['docker', 'podman', 'lxc', 'kubernetes', 'other'] as const

const nullableInt = z.int().nullable()

const lookSchema = z.object({
  ms: z.int(),
  sockets: z.int(),
  complete: z.boolean(),
  problem: z.string().nullable(),
})

export const doctorSchema = z.object({
  schemaVersion,
  generatedAt: time,
  possible: z.boolean().describe('false when something makes watching impossible'),
  program: z.object({
    version: z.string(),
    node: z.string(),
    platform: z.enum(['linux', 'darwin']),
    arch: z.string(),
    kernel: z.string(),
  }),
  user: z.object({
    uid: z.int(),
    sudo: z.boolean(),
    home: z.string().describe('the home folder whose configurations are watched'),
  }),
  /** Null when none runs. `health` is null for one that does not answer. */
  daemon: z
    .object({
      pid: z.int(),
      health: healthSchema.omit({ schemaVersion: true }).nullable(),
      engine: statusSchema.shape.engine.nullable(),
    })
    .nullable(),
  /** Null when mcp-watch is not installed as a service. */
  service: z.object({ file: z.string(), problems: z.array(z.string()) }).nullable(),
  engine: z.object({
    /** Null when there is none that could be used. */
    name: z.string().nullable(),
    ladder: z.array(z.string()).describe('the best first'),
    tools: z.array(
      z.object({ name: z.string(), path: z.string().nullable(), version: z.string().nullable() }),
    ),
    intervalMs: nullableInt,
    expectedRecall: z.number().nullable(),
    degraded: statusSchema.shape.engine.shape.degraded,
    /** One look with what `name` tells, taken for this answer. */
    look: lookSchema.nullable(),
    rungs: z
      .array(
        z.object({
          name: z.string(),
          problem: z.string().nullable().describe('why it cannot be used; null where it works'),
          hint: z.string().nullable(),
          kernelSaid: z
            .array(z.string())
            .describe(
              'what the kernel answered to each step of loading its programs, where it refused',
            ),
          look: lookSchema.nullable(),
        }),
      )
      .describe('each way of looking, the best first, tried for this answer'),
  }),
  /** Null when they cannot be listed. */
  processes: z
    .object({
      method: z.enum(['proc', 'ps']),
      total: z.int(),
      otherUsers: z.int(),
      unreadable: z.int().describe('processes of this user that cannot be looked into'),
      otherNamespaces: z.int(),
    })
    .nullable(),
  /** Null where they were not asked. */
  containers: z
    .object({
      engines: z.array(
        z.object({
          engine: z.enum(CONTAINER_ENGINES),
          place: z.string().describe('its socket; of one that is reached otherwise, only how'),
          state: z.enum(['answers', 'denied', 'silent', 'elsewhere']),
        }),
      ),
      running: z.int(),
      here: z.int().describe('of those, the ones whose processes are under this kernel'),
    })
    .nullable(),
  system: z.object({
    wsl: z.boolean(),
    container: z.enum(CONTAINERS).nullable(),
    cgroup2: z.boolean().nullable(),
    hiddenProcesses: z.boolean(),
    netns: z.string().nullable(),
    /** Whether that is the network of process 1; null where it may not be asked. */
    netnsOfInit: z.boolean().nullable(),
  }),
  configurations: z.object({
    read: statusSchema.shape.configurations,
    diagnostics: statusSchema.shape.diagnostics,
    absent: z.array(z.object({ client: z.string(), path: z.string() })),
    /** Files that are looked for in every project folder. */
    projectFiles: z.array(z.string()),
    /** Clients that run now; `read` when a file of theirs was. */
    running: z.array(z.object({ client: z.string(), processes: z.int(), read: z.boolean() })),
    servers: z.object({ stdio: z.int(), remote: z.int(), container: z.int() }),
  }),
  /** How alerts get to the user; null when it was not asked. */
  notification: z.object({ path: z.string(), why: z.string() }).nullable(),
  state: z.object({
    folder: z.string(),
    exists: z.boolean(),
    mode: z.string().nullable().describe('octal'),
    own: z.boolean().nullable(),
    freeBytes: nullableInt,
  }),
  database: z.object({
    path: z.string(),
    exists: z.boolean(),
    bytes: z.int(),
    walBytes: z.int(),
    version: nullableInt,
    knownVersion: z.int(),
    check: z.enum(['ok', 'damaged', 'too-large', 'not-possible']),
    problem: z.string().nullable(),
    lastTickAt: time.nullable(),
    /** Rows with a time more than a minute ahead of the clock. */
    future: z.int(),
    setAside: z.array(z.string()),
    /** Gaps of the last seven days, by reason. */
    gaps: z.record(z.string(), z.int()),
  }),
  lock: z.object({ held: z.boolean().nullable() }),
  log: z.object({
    path: z.string(),
    exists: z.boolean(),
    bytes: z.int(),
    /** In the last 128 KiB. */
    warnings: z.int(),
    errors: z.int(),
    last: z.array(z.object({ time, level: z.enum(['warning', 'error']), message: z.string() })),
  }),
  clock: z.object({
    wall: time,
    /** How far the wall clock went apart from the monotonic one while this was asked. */
    stepMs: z.int(),
  }),
  checks: z.array(
    z.object({
      area: z.enum(CHECK_AREAS),
      status: z.enum(CHECK_STATUSES),
      message: z.string(),
      hint: z.string().nullable(),
    }),
  ),
  cannotSee: z.array(z.object({ code: z.enum(BLIND_SPOTS), message: z.string() })),
})

export type Doctor = z.infer<typeof doctorSchema>
export type Check = Doctor['checks'][number]
export type BlindSpot = (typeof BLIND_SPOTS)[number]
/** What was found, before anything is made of it. */
export type Facts = Omit<
  Doctor,
  'schemaVersion' | 'generatedAt' | 'possible' | 'checks' | 'cannotSee'
>
