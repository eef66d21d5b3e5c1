/** What became of the configuration, in real databases: written, read back, asked for, removed. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { createApi } from '../../daemon/api/create-api.ts'
import { openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import { createChangeWriter, readDriftMemory } from '../../daemon/store/write-changes.ts'
import { historySchema } from '../../shared/contract/history.ts'
import { type KnownEntry, NO_DRIFT } from '../../shared/model/drift.ts'
import { silentLog, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { ask, begun, change, DAY, entry, files, HOUR, memory, story, twin } from './drift-story.ts'
import { open, rows, run } from './store-files.ts'

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
