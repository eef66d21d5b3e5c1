/** What became of the configuration, in real databases: written, read back, asked for, removed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { createApi } from '../../daemon/api/create-api.ts'
import { type Archive, openArchive } from '../../daemon/query/archive.ts'
import { eraseJob, pruneJob } from '../../daemon/store/data-jobs.ts'
import { openStore } from '../../daemon/store/store.ts'
import { createChangeWriter, readDriftMemory } from '../../daemon/store/write-changes.ts'
import { historySchema } from '../../shared/contract/history.ts'
import { type DriftResult, type KnownEntry, NO_DRIFT } from '../../shared/model/drift.ts'
import { DEFAULT_RETENTION } from '../../shared/model/policy.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { finding, record, silentLog, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { dump, open, rows, run } from './store-files.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const files = record('files')
const memory = record('memory')
const twin = record('files', {
  server: { ...files.server, id: 'twin' as ServerRecord['server']['id'], client: 'cursor' },
})

const entry = ({ server }: ServerRecord, over: Partial<KnownEntry> = {}): KnownEntry => ({
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

const change = (
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

const begun: DriftResult = { since: T0, entries: [entry(files), entry(memory)], changes: [] }
const story = [
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

function asked<T>(folder: string, question: (archive: Archive) => T): T {
  const archive = openArchive({ folder, now: () => T0 + DAY })
  try {
    return question(archive)
  } finally {
    archive.close()
  }
}

const all = { from: 0, to: T0 + 1_000 * DAY }
const ask = (folder: string, server: string, window = all) =>
  historySchema.parse(asked(folder, (archive) => archive.history(window, { server }))).servers

describe('what the next run is handed', () => {
  it('is every entry as it was written last', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const store = open(folder)
    expect(store.memory().drift).toEqual({
      since: T0,
      entries: [
        entry(files, { arrived: { since: T0, at: T0 + HOUR } }),
        entry(memory, { present: false }),
      ].toSorted((a, b) => (a.serverId < b.serverId ? -1 : 1)),
    })
    store.close()
  })

  it('outlives a database that is damaged under the running daemon', () => {
    const folder = join(temporaryFolder(), 'state')
    let now = T0
    const clock = { wallMs: () => now, monotonicMs: () => now - T0 }
    const store = openStore({ folder, clock, log: silentLog })
    for (const each of story) store.commit(each)
    const before = store.memory().drift
    const path = join(folder, 'watch.db')
    const later = () => {
      for (let n = 0; n < 4; n += 1) {
        now += 1_000
        store.commit(tick(T0 + 2 * HOUR + now - T0))
      }
    }
    // Until this is done, all is in the journal.
    const other = new Database(path)
    other.pragma('wal_checkpoint(TRUNCATE)')
    other.close()
    later()
    writeFileSync(path, 'no database '.repeat(4_000))
    later()
    expect(readdirSync(folder).some((name) => name.includes('corrupt'))).toBe(true)
    const { since, entries } = store.memory().drift
    // Of a server that no file declares any more the new database has no row.
    expect([since, entries]).toEqual([before.since, before.entries.filter((it) => it.present)])
    store.close()
  })

  it('is nothing where nothing was compared yet', () => {
    const store = open(temporaryFolder())
    expect(store.memory().drift).toEqual({ since: null, entries: [] })
    store.close()
  })

  it('is written for ten thousand entries at once', () => {
    const db = new Database(':memory:')
    const other = temporaryFolder()
    open(other).close()
    for (const { sql } of rows(other, 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL') as {
      sql: string
    }[])
      db.exec(sql)
    const entries = Array.from({ length: 10_000 }, (_, n) => ({
      ...entry(files),
      serverId: `s${n}` as KnownEntry['serverId'],
    }))
    const add =
      db.prepare(`INSERT INTO server (id, client, name, source, scope, transport, disabled,
      configured, expectation, expectation_source) VALUES (?, 'c', 'n', 's', 'user', 'stdio', 0, 1, 'open', 'default')`)
    for (const { serverId } of entries) add.run(serverId)
    db.transaction(() => createChangeWriter(db)({ ...NO_DRIFT, entries }))()
    expect(readDriftMemory(db).entries).toHaveLength(10_000)
    db.close()
  })
})

describe('history', () => {
  it('tells of a server, also of one that is gone, in the window alone', () => {
    const folder = temporaryFolder()
    run(folder, story)
    expect(ask(folder, 'files')).toMatchObject([
      {
        configured: true,
        firstSeen: new Date(T0).toISOString(),
        entry: { command: 'npx', package: 'npm x', disabled: false },
        changes: [{ field: 'package', from: 'npm x', to: 'npm y' }],
        truncated: false,
      },
    ])
    expect(ask(folder, memory.server.id)).toMatchObject([
      { configured: false, changes: [{ kind: 'removed', to: null }] },
    ])
    const later = { from: T0 + HOUR + 1, to: T0 + DAY }
    expect(ask(folder, 'files', later)).toMatchObject([{ changes: [] }])
    expect(() => ask(folder, 'nobody')).toThrow('no such server')
  })

  it('tells of all servers of a name, and the newest of very many changes', () => {
    const folder = temporaryFolder()
    const changes = Array.from({ length: 600 }, (_, n) => change(files, T0 + n * 1_000, `v${n}`))
    run(folder, [
      tick(T0, { servers: [files, twin], drift: { ...begun, entries: [entry(files)], changes } }),
    ])
    const [first, second] = ask(folder, 'files')
    expect([first?.client, second?.client]).toEqual(['claude-desktop', 'cursor'])
    expect(first?.truncated).toBe(true)
    expect(first?.changes.at(-1)?.to).toBe('v599')
    expect(first?.changes).toHaveLength(500)
    expect(second).toMatchObject({ firstSeen: null, entry: null, changes: [] })
  })

  it('is answered over the API, and wants a server', async () => {
    const folder = temporaryFolder()
    run(folder, story)
    const archive = openArchive({ folder, now: () => T0 + DAY })
    const missing = () => {
      throw new Error('not asked for here')
    }
    const app = createApi({
      archive,
      status: missing,
      health: missing,
      log: silentLog,
      now: () => T0 + DAY,
    })
    const get = async (path: string) => app.inject({ method: 'GET', url: `/api/v1/${path}` })
    const answer = await get('history?server=files')
    expect(historySchema.parse(answer.json()).servers[0]?.changes).toHaveLength(1)
    const recent = await get('history?server=files&client=claude-desktop&since=1h')
    expect(recent.json()).toMatchObject({ servers: [{ changes: [] }] })
    expect((await get('history')).statusCode).toBe(400)
    expect((await get('history?server=files&to=2026-01-01T00:00:00Z')).statusCode).toBe(400)
    expect((await get('history?server=nobody')).statusCode).toBe(404)
    await app.close()
    archive.close()
  })
})

describe('removing', () => {
  const SECRET_NAME = 'name-nobody-may-find'
  const finish = <T>(steps: Generator<void, T>): T => {
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }

  it('is by age, as for findings, and then nothing of a server that is gone is left', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    for (const each of story) store.commit(each)
    const settings = { ...DEFAULT_RETENTION, findingsMs: 10 * DAY }
    const prune = (now: number) =>
      store.tend((db) => finish(pruneJob(db, { now, settings, before: null, servers: null })))
    expect(prune(T0 + 9 * DAY).removed.changes).toBe(0)
    expect(prune(T0 + 10 * DAY + HOUR + 1).removed.changes).toBe(1)
    expect(prune(T0 + 11 * DAY).removed.changes).toBe(1)
    store.close()
    expect(rows(folder, 'SELECT name FROM server')).toEqual([{ name: 'files' }])
    expect(rows(folder, 'SELECT server_id FROM server_print')).toHaveLength(1)
  })

  it('is by count where there are very many', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const changes = Array.from({ length: 50_100 }, (_, n) => change(files, T0 + n))
    store.commit(tick(T0, { servers: [files], drift: { ...begun, entries: [], changes } }))
    const settings = DEFAULT_RETENTION
    const { removed } = store.tend((db) =>
      finish(pruneJob(db, { now: T0 + DAY, settings, before: null, servers: null })),
    )
    store.close()
    expect(removed.changes).toBe(100)
    expect(rows(folder, 'SELECT min(at) AS at FROM server_change')).toEqual([{ at: T0 + 100 }])
  })

  it('is on request of what is older, and of one server', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    for (const each of story) store.commit(each)
    const settings = DEFAULT_RETENTION
    const before = T0 + HOUR + 1
    const pruned = store.tend((db) =>
      finish(pruneJob(db, { now: T0 + DAY, settings, before, servers: null })),
    )
    expect(pruned.removed.changes).toBe(1)
    expect(ask(folder, 'memory')[0]?.changes).toHaveLength(1)
    const [drift, id] = [{ ...NO_DRIFT, changes: [change(files, T0 + DAY)] }, files.server.id]
    store.commit(tick(T0 + DAY, { drift, findings: [finding(files)] }))
    const erased = store.tend((db) => finish(eraseJob(db, [id], false)))
    expect(erased.removed.changes).toBe(1)
    expect(ask(folder, 'files')).toMatchObject([
      { changes: [], firstSeen: new Date(T0 + DAY).toISOString() },
    ])
    expect(ask(folder, 'memory')[0]?.changes).toHaveLength(1)
    // It is still compared with, or the next run would take what changes meanwhile for granted.
    expect(store.memory().drift.entries.find(({ serverId }) => serverId === id)?.present).toBe(true)
    store.close()
  })

  it('of everything leaves no word of what was configured once', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const gone = record(SECRET_NAME)
    store.commit(
      tick(T0, {
        servers: [files],
        drift: {
          since: T0,
          entries: [entry(files), entry(gone, { present: false })],
          changes: [change(files, T0, SECRET_NAME)],
        },
      }),
    )
    store.tend((db) => finish(eraseJob(db, null, true)))
    store.close()
    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    expect(bytes.includes(SECRET_NAME)).toBe(false)
    expect(dump(folder)).not.toContain(SECRET_NAME)
  })

  it('is counted by kind', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const { kinds } = asked(folder, (archive) => archive.stats())
    expect(kinds.find(({ kind }) => kind === 'changes')).toEqual({
      kind: 'changes',
      rows: 2,
      from: new Date(T0 + HOUR).toISOString(),
      to: new Date(T0 + 2 * HOUR).toISOString(),
    })
  })
})
