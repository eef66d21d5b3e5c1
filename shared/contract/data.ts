/** What the `data` commands answer, and what the daemon is asked for by them. */
import { z } from 'zod'
import { schemaVersion, time } from './common.ts'

const kind = z.object({
  kind: z.enum(['connections', 'hours', 'days', 'reached', 'findings', 'changes', 'gaps']),
  rows: z.int(),
  from: time.nullable().describe('the oldest; null: there are none'),
  to: time.nullable(),
  keptMs: z.int().nullable().describe('null: the policy file cannot be read'),
})

/** `data stats`. */
export const dataStatsSchema = z.object({
  schemaVersion,
  path: z.string(),
  bytes: z.object({
    used: z.int(),
    free: z.int().describe('within the file, for the next records'),
    onDisk: z.int().describe('the database and its journal'),
    limit: z.int().nullable(),
  }),
  setAside: z.array(z.string()).describe('files of damaged databases that were kept'),
  kinds: z.array(kind),
  servers: z.int(),
  destinations: z.int(),
})

const removed = z.object({
  connections: z.int(),
  hours: z.int(),
  days: z.int(),
  reached: z.int().describe('addresses of remote servers'),
  findings: z.int(),
  changes: z.int().describe('of the configuration'),
})

/** `data prune` and `data erase`. */
export const dataChangeSchema = z.object({
  schemaVersion,
  removed: removed.describe('rows'),
  before: z.int().describe('bytes'),
  after: z.int().describe('bytes'),
})

const named = {
  server: z.string().min(1).max(1024).optional(),
  client: z.string().min(1).max(1024).optional(),
}

/** Without `olderThanMs`: what the policy says. `server` and `client` only with it. */
export const pruneRequestSchema = z.strictObject({
  olderThanMs: z.int().min(1_000).max(315_576_000_000).optional(),
  ...named,
})

/** `everything` has to be said where no server is named. */
export const eraseRequestSchema = z.strictObject({
  everything: z.literal(true).optional(),
  ...named,
})

const judged = z.string().nullable().describe('null of kind `reached`: nothing of it is judged')

/** One line of `data export`: a connection, the sum of an hour or a day, or what clients reached at one address. */
export const exportRowSchema = z.object({
  kind: z.enum(['connection', 'hour', 'day', 'reached']),
  from: time,
  to: time,
  server: z.string(),
  client: z.string(),
  serverId: z.string(),
  protocol: z.enum(['tcp', 'udp']),
  address: z.string().nullable(),
  port: z.int(),
  direction: z.enum(['outbound', 'inbound']),
  names: z.array(z.string()),
  scope: judged,
  trafficClass: judged,
  verdict: judged,
  reason: judged,
  outcome: judged,
  role: z.string().nullable(),
  executable: z.string().nullable(),
  pid: z.int().nullable(),
  connections: z.int().describe('that began in it'),
  bytesSent: z.int().nullable(),
  bytesReceived: z.int().nullable(),
})

export type DataStats = z.infer<typeof dataStatsSchema>
export type DataChange = z.infer<typeof dataChangeSchema>
export type PruneRequest = z.infer<typeof pruneRequestSchema>
export type EraseRequest = z.infer<typeof eraseRequestSchema>
export type ExportRow = z.infer<typeof exportRowSchema>
