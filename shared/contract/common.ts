/** Schemas that several answers share. Times are ISO-8601 UTC, addresses RFC 5952 with mapped ones folded. */
import { z } from 'zod'
import { QUALITIES, REASONS, ROLES } from '../model/attribution.ts'
import {
  EXPECTATION_SOURCES,
  FINDING_KINDS,
  NAME_SOURCES,
  SCOPES,
  SEVERITIES,
  TRAFFIC_CLASSES,
  VERDICT_REASONS,
  VERDICTS,
} from '../model/judgement.ts'
import { DEGRADED_REASONS } from '../model/observation.ts'
import { OUTCOMES } from '../model/outcome.ts'
import { GAP_REASONS, NOT_OBSERVED_REASONS, type NotObservedReason } from '../model/tick.ts'

/** Raised only when a field is removed or changes its meaning; added fields do not raise it. */
export const SCHEMA_VERSION = 1

export const schemaVersion = z.literal(SCHEMA_VERSION)
export const time = z.iso.datetime().describe('ISO-8601, UTC')
export const port = z.int().min(0).max(65535)

export const packageRef = z.object({ name: z.string(), version: z.string().nullable() })

export const owner = z.object({
  pid: z.int(),
  role: z.enum(ROLES),
  executable: z.string().nullable(),
})

const entry = z.object({
  serverId: z.string(),
  server: z.string(),
  client: z.string(),
  transport: z
    .enum(['http', 'sse', 'ws'])
    .optional()
    .describe('of one that is reached at an address; entries that share it have one copy'),
})

export const oneOf = z
  .array(entry)
  .describe('where entries cannot be told apart: all that it may be of; else empty')

export const instance = z.object({
  rootPid: z.int(),
  client: z.string().nullable().describe('the id of the client that it runs for, if one is known'),
  clientPid: z.int().nullable(),
  startedAt: time,
  endedAt: time.nullable(),
  quality: z.enum(QUALITIES),
  reasons: z.array(z.enum(REASONS)),
  oneOf,
})

export const destinationName = z.object({
  name: z.string(),
  source: z.enum(NAME_SOURCES),
  at: time,
})

export const bytes = z
  .object({ sent: z.int().min(0).nullable(), received: z.int().min(0).nullable() })
  .describe('payload, without retransmissions; null for a way that is not counted')

export const destination = z.object({
  protocol: z.enum(['tcp', 'udp']),
  address: z.string().nullable(),
  port,
  direction: z.enum(['outbound', 'inbound']),
  names: z.array(destinationName),
  scope: z.enum(SCOPES),
  trafficClass: z.enum(TRAFFIC_CLASSES),
  verdict: z.enum(VERDICTS),
  reason: z.enum(VERDICT_REASONS).nullable(),
  relayed: z.boolean(),
  inherited: z.boolean(),
  open: z.int().describe('connections open at the end of the window'),
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.int()),
  attempted: z.boolean().describe('every attempt failed: nothing was reached there'),
  owners: z.array(owner),
  candidates: z.array(owner).describe('processes that may be the owner, of an unreadable instance'),
  firstSeen: time,
  lastSeen: time,
  connections: z.int(),
  bytes: bytes
    .nullable()
    .describe('of the connections that the engine could tell it of; null of none'),
})

export const findingDestination = z.object({
  protocol: z.enum(['tcp', 'udp']),
  address: z.string(),
  port,
  scope: z.enum(SCOPES),
})

export const finding = z.object({
  id: z.string(),
  kind: z.enum(FINDING_KINDS),
  severity: z.enum(SEVERITIES),
  attempted: z
    .boolean()
    .describe('every connection that showed it came to nothing, or has no answer yet'),
  serverId: z.string(),
  server: z.string(),
  client: z.string(),
  oneOf,
  destination: findingDestination.nullable(),
  process: owner.nullable(),
  firstSeen: time,
  lastSeen: time,
  count: z.int(),
  explanation: z.string(),
})

export const SERVER_STATES = [
  'running',
  'ended',
  'never-seen',
  'orphaned',
  'removed',
  'unconfigured',
  'remote',
  'in-client',
  'answered',
] as const

/** Why an entry on this machine that somebody answers for has no running copy of its own. */
export const ANSWERED_REASONS = [
  'other-entry',
  'listener-not-told',
  'process-unreadable',
  'container-not-found',
  'container-elsewhere',
] as const satisfies readonly NotObservedReason[]

export const reached = z
  .object({
    connections: z.int(),
    open: z.int(),
    firstSeen: time,
    lastSeen: time,
    addresses: z.array(z.string()).describe('at most 20, the last seen first'),
    shared: z
      .array(entry)
      .describe('entries of this client at the same address and port: each connection is to one'),
  })
  .describe(
    'connections of its client to the host of a remote entry, counted since `firstSeen`; null where none was seen in the window',
  )

export const server = z.object({
  id: z.string(),
  client: z.string(),
  name: z.string(),
  source: z.string(),
  scope: z.string(),
  transport: z.enum(['stdio', 'http', 'sse', 'ws']),
  state: z.enum(SERVER_STATES),
  answeredBy: z
    .enum(ANSWERED_REASONS)
    .optional()
    .describe('why no process here, or not this one for certain, is the one that answers'),
  disabled: z.boolean(),
  package: packageRef.nullable(),
  expectation: z.enum(['none', 'local-only', 'lan', 'rules', 'open']),
  expectationSource: z.enum(EXPECTATION_SOURCES),
  rules: z.array(z.string()).describe('the hosts of expectation `rules`, as a policy has them'),
  alsoIn: z
    .array(entry)
    .describe('entries of other clients that have the same package, command or address'),
  instances: z.array(instance),
  reached: reached.nullable(),
})

export const engine = z.object({
  name: z.string(),
  from: time,
  to: time,
  intervalMs: z.int().nullable(),
  expectedRecall: z.number().min(0).max(1),
})

export const coverage = z.object({
  engines: z.array(engine),
  degraded: z.array(z.object({ code: z.enum(DEGRADED_REASONS), message: z.string() })),
  resolution: z
    .enum(['exact', 'hour', 'day'])
    .describe('how far the window is widened at its ends, where only sums are kept'),
  gaps: z.array(z.object({ from: time, to: time, reason: z.enum(GAP_REASONS) })),
  connections: z.object({ owned: z.int(), foreign: z.int(), unknown: z.int() }),
  watched: z
    .object({
      quietMs: z.int(),
      activeMs: z.int(),
      expectedRecall: z.number().min(0).max(1).nullable(),
      servers: z.array(
        z.object({
          serverId: z.string(),
          quietMs: z.int(),
          activeMs: z.int(),
          expectedRecall: z.number().min(0).max(1).nullable(),
          unknown: z.int(),
        }),
      ),
    })
    .describe(
      'time of watched processes in which they did nothing, or ran and were sampled; the share of connections held 50 ms that was certain to be seen; `unknown`: connections without known owner that ended while the server ran. Null where no engine told.',
    ),
  notObserved: z.array(z.object({ serverId: z.string(), reason: z.enum(NOT_OBSERVED_REASONS) })),
})

export type AnsweredReason = (typeof ANSWERED_REASONS)[number]
export type ServerState = (typeof SERVER_STATES)[number]
export type EntryJson = z.infer<typeof entry>
export type OwnerJson = z.infer<typeof owner>
export type InstanceJson = z.infer<typeof instance>
export type DestinationJson = z.infer<typeof destination>
export type FindingJson = z.infer<typeof finding>
export type ReachedJson = z.infer<typeof reached>
export type ServerJson = z.infer<typeof server>
export type CoverageJson = z.infer<typeof coverage>
