/**
 * One case of the corpus: what was on a machine (configuration files, process tables) and what mcp-watch has to make of
 * it. Cases are JSON files below `recorded/`, `transcribed/` and `made/`, named by their id.
 *
 * Every path is that of a user whose home is `/home/ada`, on macOS too. It is put into a temporary folder whose name is just as
 * long, so that sizes of argument areas stay true.
 */
import { z } from 'zod'

export const HOME = '/home/ada'

const descriptor = z.enum(['pipe', 'socket', 'terminal', 'file', 'null', 'closed', 'unknown'])

const packageRef = z.strictObject({
  ecosystem: z.enum(['npm', 'pypi', 'image']),
  name: z.string(),
  version: z.string().nullable(),
})

const processSchema = z.strictObject({
  pid: z.int().positive(),
  ppid: z.int().nonnegative(),
  pgid: z.int().nullable().default(null),
  sid: z.int().nullable().default(null),
  uid: z.int().nonnegative().default(1000),
  /** Clock ticks since boot; later processes have more. By default its place in the table. */
  startTicks: z.int().nonnegative().optional(),
  /** How many programs were seen in it before this one. */
  epoch: z.int().nonnegative().default(0),
  executable: z.string().nullable(),
  /** The system's short name; the executable's own by default. */
  comm: z.string().optional(),
  argv: z.array(z.string()),
  argvForm: z.enum(['given', 'rewritten', 'joined']).default('given'),
  /** Size of the argument area; for `given` arguments it follows from them. */
  argvBytes: z.int().nullable().optional(),
  cwd: z.string().nullable(),
  /** What an interpreter was started with, as a look at the disk tells. */
  script: z
    .strictObject({ path: z.string(), realPath: z.string(), package: packageRef.nullable() })
    .nullable()
    .default(null),
  stdin: descriptor.default('pipe'),
  stdout: descriptor.default('pipe'),
  /** The pid of the process at the other end of descriptor 0, where the recorder could tell it. */
  stdinPeer: z.int().positive().nullable().default(null),
  /** Path of its control group (cgroups(7)), where the case is about containers. */
  cgroup: z.string().nullable().default(null),
})

const port = z.int().min(1).max(65_535)

/** What an engine tells of a container, while all of the tables are seen. */
const containerSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  engine: z.enum(['docker', 'podman']),
  name: z.string(),
  image: z.string(),
  /** Clock ticks since boot, as of processes. */
  createdTicks: z.int().nonnegative(),
  command: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  mounts: z.array(z.string()).default([]),
  cidFile: z.string().nullable().default(null),
  interactive: z.boolean().default(true),
  network: z.enum(['own', 'none', 'host', 'shared', 'unknown']).default('own'),
  /** The first process; null where it does not run. */
  pid: z.int().positive().nullable(),
  /** Ports of the machine that lead to it; the address empty for all of them. */
  published: z
    .array(z.strictObject({ hostPort: port, port, address: z.string().default('') }))
    .default([]),
})

/** A socket that listens for TCP as long as its process is there. */
const listenerSchema = z.strictObject({
  /** Canonical. */
  address: z.string(),
  port,
  /** Who holds it; null where that may not be looked at. */
  pid: z.int().positive().nullable(),
})

/** `~` stands for the home in `path`; `link` is the target of a symbolic link. */
const fileSchema = z.union([
  z.strictObject({ path: z.string(), text: z.string() }),
  z.strictObject({ path: z.string(), link: z.string() }),
])

const origin = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('recorded'),
    /** ISO date. */
    on: z.iso.date(),
    /** Versions of what was run: client, launcher, system. */
    versions: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    kind: z.literal('transcribed'),
    /** `owner/repository#number`, or the name of a document and its date. */
    source: z.string(),
    /** What the source shows, and what of the case is filled in besides. */
    note: z.string(),
  }),
  z.strictObject({
    kind: z.literal('made'),
    /** What of it is documented, and where. */
    note: z.string(),
  }),
])

const instanceSchema = z.strictObject({
  /** Names of the entry; several where nothing tells them apart (`one-of`). */
  servers: z.array(z.string()).min(1),
  /** The client whose configuration declares it. */
  client: z.string(),
  root: z.int().positive(),
  /** The process that is the server itself; null where it must not be told from a launcher. */
  server: z.int().positive().nullable(),
  /** The running client that it belongs to. */
  startedBy: z.int().positive().nullable(),
  /** All of its processes, where the case is about them. */
  members: z.array(z.int().positive()).optional(),
  quality: z.enum([
    'exact',
    'launcher',
    'args-subset',
    'remembered',
    'one-of',
    'no-client',
    'listener',
  ]),
  judged: z.boolean().default(true),
  /** `name@version` of what runs, where the case is about it. */
  package: z.string().optional(),
})

export const caseSchema = z.strictObject({
  /** What the case shows, in a sentence. */
  about: z.string(),
  /** What starts the server: `npx`, `uvx`, `sh -c`, `none` … With `client` and `difficulty` the cell it belongs to. */
  launcher: z.string(),
  /** The running client: an id of shared/clients, or `none`. */
  client: z.string(),
  difficulty: z.enum([
    /** One server, nothing like it beside it. */
    'plain',
    /** Two entries that are hard to tell apart, or the same one in two clients. */
    'twins',
    /** The launcher or the client is gone. */
    'orphan',
    /** Titles, shims, wrappers that hide what runs. */
    'disguise',
    /** Something that looks like a server and is none, or is nobody's: a hard negative. */
    'decoy',
  ]),
  platform: z.enum(['linux', 'darwin']).default('linux'),
  origin,
  files: z.array(fileSchema),
  /** Process tables in the order in which they are seen; the expectation is about the last. */
  tables: z.array(z.array(processSchema)).min(1),
  containers: z.array(containerSchema).default([]),
  listeners: z.array(listenerSchema).default([]),
  /** Every process that is in none of these belongs to no server. */
  expected: z.array(instanceSchema),
  /** MCP servers that no file declares: what they are listed as, by their root. Any other is a failure. */
  unconfigured: z.array(z.strictObject({ name: z.string(), root: z.int().positive() })).default([]),
  /** Servers that a client runs and no file declares any more: whoever tells of one uses one of these names. */
  undeclared: z
    .array(z.strictObject({ root: z.int().positive(), names: z.array(z.string()).min(1) }))
    .default([]),
  /** Where mcp-watch is known to find less than is expected, never something else: why. */
  missed: z.string().optional(),
})

export type CorpusCase = z.infer<typeof caseSchema>
export type CorpusProcess = z.infer<typeof processSchema>
export type CorpusInstance = z.infer<typeof instanceSchema>
