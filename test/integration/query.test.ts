import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Archive, openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import { connectionsSchema, destinationsSchema } from '../../shared/contract/answers.ts'
import { type Report, reportSchema } from '../../shared/contract/report.ts'
import type { TickResult } from '../../shared/model/tick.ts'
import {
  closed,
  finding,
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'

const HOUR = 3_600_000
const files = record('files')
const memory = record('memory')
const root = instance(100, [files])
const day = { from: T0 - 24 * HOUR, to: T0 + 5_000 }

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

function commit(...ticks: readonly TickResult[]): void {
  const store = openStore({ folder, clock: fixedClock(T0), log: silentLog })
  for (const it of ticks) store.commit(it)
  store.close()
}

function ask<T>(question: (archive: Archive) => T): T {
  const archive = openArchive({ folder, now: () => T0 + 5_000 })
  try {
    return question(archive)
  } finally {
    archive.close()
  }
}

/** The report, checked against its schema. */
function report(window = day, filter = {}): Report {
  return reportSchema.parse(ask((archive) => archive.report(window, filter)))
}

const iso = (at: number): string => new Date(at).toISOString()

describe('destinations', () => {
  it('takes verdict and reason of the worst connection, and adds up the rest', () => {
    const other = { process: root.root, pid: 101, role: 'child', executable: null } as const
    commit(
      tick(T0, { servers: [files], instances: [root], opened: [judged(root, 1)] }),
      tick(T0 + 1_000, {
        opened: [
          judged(root, 2, { verdict: 'unknown', reason: 'process-unreadable' }),
          judged(root, 3, { verdict: 'expected', reason: 'open-expectation' }),
        ],
        closed: [
          closed(judged(root, 1), T0 + 500),
          closed(judged(root, 4, { connection: { owner: other, outcome: 'refused' } }), T0 + 600),
        ],
      }),
    )
    const [server] = report().servers
    expect(server?.destinations).toHaveLength(1)
    expect(server?.destinations[0]).toMatchObject({
      address: '203.0.113.10',
      port: 443,
      verdict: 'unexpected',
      reason: 'beyond-local',
      open: 2,
      connections: 4,
      outcomes: { established: 3, refused: 1 },
      firstSeen: iso(T0),
      lastSeen: iso(T0 + 1_000),
    })
    expect(server?.destinations[0]?.owners.map(({ pid }) => pid).toSorted()).toEqual([100, 101])
  })

  it('keeps directions, ports, zones and traffic classes apart', () => {
    const at = (address: string, zone: string | null, port = 443) => ({
      connection: { remote: { address, port, zone } },
    })
    commit(
      tick(T0, {
        servers: [files],
        instances: [root],
        opened: [
          judged(root, 1),
          judged(root, 2, { trafficClass: 'launcher', verdict: 'expected', reason: 'registry' }),
          judged(root, 3, at('203.0.113.10', null, 80)),
          judged(root, 4, at('fe80::1', 'eth0')),
          judged(root, 5, at('fe80::1', 'eth1')),
          judged(root, 6, { connection: { direction: 'inbound' } }),
        ],
      }),
    )
    const found = ask((archive) => archive.destinations(day, {}))
    const keys = destinationsSchema
      .parse(found)
      .destinations.map((it) => `${it.address} ${it.port} ${it.direction} ${it.trafficClass}`)
    expect(keys.toSorted()).toEqual([
      '203.0.113.10 40000 inbound server',
      '203.0.113.10 443 outbound launcher',
      '203.0.113.10 443 outbound server',
      '203.0.113.10 80 outbound server',
      'fe80::1%eth0 443 outbound server',
      'fe80::1%eth1 443 outbound server',
    ])
  })

  it('shows what one of several servers did under each of them', () => {
    const either = instance(200, [files, memory])
    commit(tick(T0, { servers: [files, memory], instances: [either], opened: [judged(either, 1)] }))
    const { servers } = report()
    expect(servers.map(({ name, state }) => [name, state])).toEqual([
      ['files', 'running'],
      ['memory', 'running'],
    ])
    expect(servers.map(({ destinations }) => destinations.length)).toEqual([1, 1])
    const { connections } = ask((archive) => archive.connections(day, { server: 'memory' }, 10))
    expect(connections.map(({ server }) => server)).toEqual(['memory'])
    // The other one ended: now it is known whose instance it is, and whose connections they were.
    commit(tick(T0 + 1_000, { instances: [instance(200, [memory])] }))
    expect(report().servers.map(({ destinations }) => destinations.length)).toEqual([0, 1])
  })

  it('counts what the window touches: from its end back to its beginning', () => {
    commit(
      tick(T0, { servers: [files], instances: [root] }),
      tick(T0 + HOUR, { closed: [closed(judged(root, 1), T0 + HOUR)] }),
      tick(T0 + 3 * HOUR, {
        opened: [judged(root, 2, { connection: { firstSeen: T0 + 2 * HOUR } })],
      }),
    )
    const seen = (from: number, to: number): [number, number] => {
      const [it] = report({ from, to }).servers[0]?.destinations ?? []
      return [it?.connections ?? 0, it?.open ?? 0]
    }
    expect(seen(T0 - HOUR, T0 - 1)).toEqual([0, 0])
    expect(seen(T0 - HOUR, T0)).toEqual([1, 1])
    expect(seen(T0 + HOUR, T0 + HOUR)).toEqual([1, 0])
    expect(seen(T0 + HOUR + 1, T0 + 2 * HOUR - 1)).toEqual([0, 0])
    expect(seen(T0, T0 + 3 * HOUR)).toEqual([2, 1])
    // After the last tick nothing is known.
    expect(seen(T0 + 3 * HOUR + 1, T0 + 9 * HOUR)).toEqual([0, 0])
  })
})

describe('servers', () => {
  const remote = record('remote')
  const states = (): unknown[] => report().servers.map(({ name, state }) => [name, state])

  it('lists every configured one with its state, ordered by client and name', () => {
    const web = { ...remote, server: { ...remote.server, transport: 'http' as const } }
    const cursor = { ...record('a'), server: { ...record('a').server, client: 'cursor' } }
    commit(
      tick(T0, {
        servers: [cursor, web, memory, files, record('lost'), record('never')],
        instances: [
          root,
          instance(101, [memory]),
          instance(102, [record('lost')], { orphaned: true }),
        ],
      }),
      tick(T0 + 1_000, { ended: [instance(101, [memory]).id] }),
    )
    expect(states()).toEqual([
      ['files', 'running'],
      ['lost', 'orphaned'],
      ['memory', 'ended'],
      ['never', 'never-seen'],
      ['remote', 'remote'],
      ['a', 'never-seen'],
    ])
    const [first] = report().servers
    expect(first).toMatchObject({
      package: { name: '@example/files', version: '1.2.3' },
      expectation: 'local-only',
      instances: [{ rootPid: 100, clientPid: 9, endedAt: null, quality: 'exact' }],
    })
  })

  it('is orphaned only while no instance has its client', () => {
    const orphan = instance(101, [files], { orphaned: true })
    commit(tick(T0, { servers: [files], instances: [root, orphan] }))
    expect(states()).toEqual([['files', 'running']])
    commit(tick(T0 + 1_000, { ended: [root.id] }))
    expect(states()).toEqual([['files', 'orphaned']])
  })

  it('shows one that left the configuration while it runs, and then while the window has something of it', () => {
    commit(
      tick(T0, { servers: [files, memory], instances: [root, instance(101, [memory])] }),
      tick(T0 + 1_000, { servers: [], closed: [closed(judged(root, 1), T0 + 900)] }),
    )
    expect(states()).toEqual([
      ['files', 'unconfigured'],
      ['memory', 'unconfigured'],
    ])
    commit(tick(T0 + 2_000, { ended: [root.id, instance(101, [memory]).id] }))
    expect(states()).toEqual([['files', 'unconfigured']])
    expect(ask((archive) => archive.servers()).servers).toEqual([])
    expect(report(day, { server: 'memory' }).servers).toHaveLength(1)
  })
})

describe('coverage', () => {
  it('tells engines, gaps, counts and what was not observed, cut to the window', () => {
    const notObserved = [{ serverId: files.server.id, reason: 'unconnected-udp' as const }]
    const engine = { name: 'ss', intervalMs: 1_000, expectedRecall: 0.9 } as const
    const degraded = [{ code: 'sampling' as const, message: 'It looks once a second.' }]
    commit(
      tick(T0, {
        servers: [files, memory],
        coverage: {
          engine: { ...engine, degraded },
          counts: { owned: 2, foreign: 3, unknown: 1 },
          gaps: [{ from: T0 - 2 * HOUR, to: T0, reason: 'daemon-down' }],
          notObserved,
        },
      }),
      tick(T0 + 1_000, { coverage: { counts: { owned: 1, foreign: 0, unknown: 0 } } }),
    )
    const window = { from: T0 - HOUR, to: T0 + 5_000 }
    expect(report(window).coverage).toEqual({
      engines: [{ ...engine, from: iso(T0), to: iso(T0 + 1_000) }],
      degraded,
      gaps: [{ from: iso(T0 - HOUR), to: iso(T0), reason: 'daemon-down' }],
      connections: { owned: 3, foreign: 3, unknown: 1 },
      notObserved,
    })
    expect(report(window, { server: 'memory' }).coverage.notObserved).toEqual([])
    expect(report({ from: T0 + 2_000, to: T0 + 5_000 }).coverage).toMatchObject({
      degraded: [],
      engines: [],
      notObserved: [],
    })
  })

  it('adds a gap where the heartbeat stopped, without storing it', () => {
    commit(tick(T0, { servers: [files] }))
    const until = (to: number): unknown => report({ from: T0 - HOUR, to }).coverage.gaps
    expect(until(T0 + 10_000)).toEqual([])
    expect(until(T0 + 60_000)).toEqual([
      { from: iso(T0), to: iso(T0 + 60_000), reason: 'daemon-down' },
    ])
    expect(until(T0 + 10_000)).toEqual([])
  })
})

describe('findings and connections', () => {
  it('tells findings of the window, and of the selected servers only', () => {
    commit(
      tick(T0, { servers: [files, memory], instances: [root], findings: [finding(files)] }),
      tick(T0 + HOUR, { findings: [finding(files, { lastSeen: T0 + HOUR, count: 7 })] }),
    )
    expect(report({ from: T0 + 1, to: T0 + 2 * HOUR }).findings).toEqual([
      {
        ...finding(files),
        server: 'files',
        client: 'claude-desktop',
        firstSeen: iso(T0),
        lastSeen: iso(T0 + HOUR),
        count: 7,
      },
    ])
    expect(report({ from: T0 - HOUR, to: T0 - 1 }).findings).toEqual([])
    expect(report({ from: T0 + HOUR + 1, to: T0 + 2 * HOUR }).findings).toEqual([])
    expect(report(day, { server: 'memory' }).findings).toEqual([])
  })

  it('lists the newest connections and says when there are more', () => {
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
    expect(() => ask((it) => it.servers())).toThrow(expect.objectContaining({ code: 'NO_DATA' }))
  })

  it('reads what a store that is open has committed, and cannot write', () => {
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
