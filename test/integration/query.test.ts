import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import { connectionsSchema } from '../../shared/contract/answers.ts'
import {
  finding,
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  tick,
} from '../unit/store/ticks.ts'
import { day, HOUR, iso, recorded } from './query-archive.ts'

const files = record('files')
const memory = record('memory')
const root = instance(100, [files])

describe('findings and connections', () => {
  it('tells findings of the window, and of the selected servers only', () => {
    const { commit, report } = recorded()
    commit(
      tick(T0, { servers: [files, memory], instances: [root], findings: [finding(files)] }),
      tick(T0 + HOUR, { findings: [finding(files, { lastSeen: T0 + HOUR, count: 7 })] }),
    )
    expect(report({ from: T0 + 1, to: T0 + 2 * HOUR }).findings).toEqual([
      {
        ...finding(files),
        server: 'files',
        client: 'claude-desktop',
        oneOf: [],
        firstSeen: iso(T0),
        lastSeen: iso(T0 + HOUR),
        count: 7,
      },
    ])
    expect(report({ from: T0 - HOUR, to: T0 - 1 }).findings).toEqual([])
    expect(report({ from: T0 + HOUR + 1, to: T0 + 2 * HOUR }).findings).toEqual([])
    expect(report(day, { server: 'memory' }).findings).toEqual([])
  })

  it('tells what may be of either of two servers under both, with both their names', () => {
    const { commit, report } = recorded()
    const serverIds = [files.server.id, memory.server.id] as const
    const either = instance(101, [files, memory], { serverIds, quality: 'one-of' })
    const found = finding(files, { oneOf: serverIds })
    commit(tick(T0, { servers: [files, memory], instances: [root, either], findings: [found] }))
    const entries = [files, memory].map(({ server: { id, name, client } }) => ({
      serverId: id,
      server: name,
      client,
    }))
    for (const { server } of [files, memory]) {
      const told = report(day, { server: server.id })
      expect(told.findings).toMatchObject([
        { id: found.id, serverId: server.id, server: server.name, oneOf: entries },
      ])
      expect(told.servers).toMatchObject([{ id: server.id }])
      const running = told.servers[0]?.instances.find(({ rootPid }) => rootPid === 101)
      expect(running?.oneOf).toHaveLength(2)
      expect(running?.oneOf).toEqual(expect.arrayContaining(entries))
    }
    const sure = report().servers[0]?.instances.find(({ rootPid }) => rootPid === 100)
    expect(sure?.oneOf).toEqual([])
    expect(report().findings).toHaveLength(1)
  })

  it('lists the newest connections and says when there are more', () => {
    const { ask, commit } = recorded()
    const opened = [1, 2, 3].map((n) => judged(root, n, { connection: { firstSeen: T0 + n } }))
    commit(tick(T0 + 10, { servers: [files], instances: [root], opened }))
    const list = (limit: number): unknown => {
      const answer = connectionsSchema.parse(ask((it) => it.connections(day, {}, limit)))
      return [answer.truncated, ...answer.connections.map(({ firstSeen }) => firstSeen)]
    }
    expect(list(2)).toEqual([true, iso(T0 + 3), iso(T0 + 2)])
    expect(list(3)).toEqual([false, iso(T0 + 3), iso(T0 + 2), iso(T0 + 1)])
  })

  it('refuses names that it does not know, with those it knows', () => {
    const { ask, commit, report } = recorded()
    commit(tick(T0, { servers: [record('fi\u001b[31mles'), memory] }))
    const unknown = (filter: object): unknown => {
      try {
        return ask((archive) => archive.report(day, filter))
      } catch (error) {
        return [(error as { code: string }).code, (error as { hint: string }).hint]
      }
    }
    expect(unknown({ server: 'x' })).toEqual(['UNKNOWN_SERVER', 'known servers: files, memory'])
    expect(unknown({ client: 'x' })).toEqual(['UNKNOWN_CLIENT', 'known clients: claude-desktop'])
    expect(report(day, { server: memory.server.id }).servers).toHaveLength(1)
  })
})

describe('opening', () => {
  it('says that there is no data where there is no database', () => {
    const { ask } = recorded()
    expect(() => ask((it) => it.servers())).toThrow(expect.objectContaining({ code: 'NO_DATA' }))
  })

  it('reads what a store that is open has committed, and what it left', () => {
    const { ask, folder } = recorded()
    const store = openStore({ folder, clock: fixedClock(T0), log: silentLog })
    const archive = openArchive({ folder, now: () => T0 })
    expect(archive.servers().servers).toEqual([])
    store.commit(tick(T0, { servers: [files] }))
    expect(archive.servers().servers).toHaveLength(1)
    archive.close()
    store.close()
    expect(() => ask((it) => it.servers())).not.toThrow()
  })

  it('refuses a damaged or later database with its code', () => {
    const { ask, commit, folder } = recorded()
    commit(tick(T0))
    const db = new Database(join(folder, 'watch.db'))
    db.pragma('user_version = 99')
    db.close()
    expect(() => ask((it) => it.servers())).toThrow(
      expect.objectContaining({ code: 'DATABASE_NEWER' }),
    )
    writeFileSync(join(folder, 'watch.db'), 'no database at all. '.repeat(500))
    expect(() => ask((it) => it.servers())).toThrow(
      expect.objectContaining({ code: 'DATABASE_CORRUPT' }),
    )
  })
})
