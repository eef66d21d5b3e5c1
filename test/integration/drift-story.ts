/** Servers whose entries change and go, and what a database is asked of that. */
import { type Archive, openArchive } from '../../daemon/query/archive.ts'
import { historySchema } from '../../shared/contract/history.ts'
import type { DriftResult, KnownEntry } from '../../shared/model/drift.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { record, T0, tick } from '../unit/store/ticks.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const files = record('files')
export const memory = record('memory')
export const twin = record('files', {
  server: { ...files.server, id: 'twin' as ServerRecord['server']['id'], client: 'cursor' },
})

export const entry = ({ server }: ServerRecord, over: Partial<KnownEntry> = {}): KnownEntry => ({
  serverId: server.id,
  name: server.name,
  client: server.client,
  source: server.source,
  scope: server.scope,
  print: {
    transport: 'stdio',
    command: 'npx',
    program: 'a1',
    package: 'npm x',
    version: null,
    url: null,
    whole: 'b2',
    disabled: false,
  },
  firstSeen: T0,
  arrived: null,
  present: true,
  ...over,
})

export const change = (
  { server }: ServerRecord,
  at: number,
  to = 'npm y',
): DriftResult['changes'][number] => ({
  serverId: server.id,
  kind: 'changed',
  field: 'package',
  from: 'npm x',
  to,
  since: at - 1_000,
  at,
})

export const begun: DriftResult = { since: T0, entries: [entry(files), entry(memory)], changes: [] }
export const story = [
  tick(T0, { servers: [files, memory], drift: begun }),
  tick(T0 + HOUR, {
    drift: {
      since: null,
      entries: [entry(files, { arrived: { since: T0, at: T0 + HOUR } })],
      changes: [change(files, T0 + HOUR)],
    },
  }),
  tick(T0 + 2 * HOUR, {
    servers: [files],
    drift: {
      since: null,
      entries: [entry(memory, { present: false })],
      changes: [{ ...change(memory, T0 + 2 * HOUR), kind: 'removed', field: null, to: null }],
    },
  }),
]

export function asked<T>(folder: string, question: (archive: Archive) => T): T {
  const archive = openArchive({ folder, now: () => T0 + DAY })
  try {
    return question(archive)
  } finally {
    archive.close()
  }
}

export const all = { from: 0, to: T0 + 1_000 * DAY }
export const ask = (folder: string, server: string, window = all) =>
  historySchema.parse(asked(folder, (archive) => archive.history(window, { server }))).servers
