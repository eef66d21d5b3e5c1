/** `mcp-watch history SERVER --json` and GET /api/v1/history: how a server was configured, and what became of it. */
import { z } from 'zod'
import { CHANGE_KINDS, CHANGED_FIELDS } from '../model/drift.ts'
import { schemaVersion, server, time } from './common.ts'

const text = z.string().nullable()

/** What is shown of an entry; null is what there is none of, or what may hold a secret. */
const entry = z.object({
  transport: server.shape.transport,
  command: text,
  package: text.describe('with its ecosystem, as `npm some-server`'),
  version: text.describe('as configured'),
  url: text.describe('scheme, host and port'),
  disabled: z.boolean(),
})

const change = z.object({
  kind: z.enum(CHANGE_KINDS),
  field: z.enum(CHANGED_FIELDS).nullable().describe('null for what was added or removed'),
  from: text,
  to: text,
  since: time.describe('not before this look'),
  at: time.describe('and not after: when it was noticed, or the file changed last'),
})

export const historySchema = z.object({
  schemaVersion,
  from: time,
  to: time,
  /** Several where several clients, files or scopes have a server of that name. */
  servers: z.array(
    server.pick({ id: true, name: true, client: true, source: true, scope: true }).extend({
      configured: z.boolean(),
      firstSeen: time.nullable().describe('null: it was gone before configurations were compared'),
      entry: entry.nullable().describe('as it is, or was when it was removed'),
      changes: z.array(change).describe('of the window, the oldest first'),
      truncated: z.boolean().describe('there were more; the newest are kept'),
    }),
  ),
})

export type History = z.infer<typeof historySchema>
