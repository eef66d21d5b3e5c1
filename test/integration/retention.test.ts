import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { eraseJob, pruneJob } from '../../daemon/store/data-jobs.ts'
import { housekeepingPass } from '../../daemon/store/housekeeping.ts'
import { createKeeper } from '../../daemon/store/keeper.ts'
import { pruneFindings } from '../../daemon/store/prune.ts'
import { DATABASE_VERSION, MIGRATIONS } from '../../daemon/store/schema.ts'
import { openStore } from '../../daemon/store/store.ts'
import { DEFAULT_RETENTION, type RetentionSettings } from '../../shared/model/policy.ts'
import {
  closed,
  finding,
  fixedClock,
  instance,
  type JudgedWords,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'
import { dump, open, rows } from './store-files.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const files = record('files')
const memory = record('memory')
const root = instance(100, [files])
const other = instance(200, [memory])

type Store = ReturnType<typeof open>

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function pass(store: Store, now: number, over: Partial<RetentionSettings> = {}): void {
  const settings = { ...DEFAULT_RETENTION, ...over }
  store.tend((db) => finish(housekeepingPass(db, { now, settings, leftovers: true })))
}

/** Seen for a second at `at`, and over. */
function brief(of: typeof root, n: number, at: number, words: JudgedWords = {}) {
  const connection = { firstSeen: at, lastSeen: at, ...words.connection }
  return closed(judged(of, n, { ...words, connection }), at + 1_000)
}

/** One connection an hour of `root` for so many days from T0 on, and one finding at the beginning. */
function busy(store: Store, days: number): void {
  store.commit(
    tick(T0, { servers: [files, memory], instances: [root, other], findings: [finding(files)] }),
  )
  for (let n = 0; n < days * 24; n += 1) {
    const at = T0 + n * HOUR
    store.commit(tick(at + 2_000, { closed: [brief(root, n, at), brief(other, n, at)] }))
  }
}

function total(folder: string, window: { from: number; to: number }, server = 'files'): number {
  const archive = openArchive({ folder, now: () => window.to })
  try {
    const { servers } = archive.report(window, { server })
    return servers
      .flatMap(({ destinations }) => destinations)
      .reduce((n, it) => n + it.connections, 0)
  } finally {
    archive.close()
  }
}

describe('retention', () => {
  it('removes by age, a day at most in one pass, and the report loses nothing', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 10)
    const now = T0 + 10 * DAY
    const settings = { connectionsMs: 2 * DAY, hoursMs: 4 * DAY }
    const sizes = [1, 2, 3].map(() => {
      pass(store, now, settings)
      return rows(folder, 'SELECT count(*) n FROM connection')
    })
    expect(sizes).toEqual([[{ n: 2 * 9 * 24 }], [{ n: 2 * 8 * 24 }], [{ n: 2 * 7 * 24 }]])
    for (let n = 0; n < 8; n += 1) pass(store, now, settings)
    expect(rows(folder, 'SELECT count(*) n FROM connection')).toEqual([{ n: 2 * 2 * 24 }])
    expect(rows(folder, 'SELECT count(*) n FROM contact')).toEqual([{ n: 2 }])
    expect(rows(folder, 'SELECT min(hour) * 3600000 at FROM hour_sum')).toEqual([
      { at: Math.floor((now - 4 * DAY) / DAY) * DAY },
    ])
    store.close()
    expect(total(folder, { from: T0, to: now })).toBe(240)
    expect(total(folder, { from: T0 + 10 * 60_000, to: T0 + 40 * 60_000 })).toBe(12)
  })

  it('says how far a window was widened', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 10)
    const now = T0 + 10 * DAY
    for (let n = 0; n < 9; n += 1) pass(store, now, { connectionsMs: 2 * DAY, hoursMs: 4 * DAY })
    store.close()
    const archive = openArchive({ folder, now: () => now })
    const resolution = (from: number): string =>
      archive.report({ from: now - from, to: now }, {}).coverage.resolution
    expect([DAY, 40 * HOUR, 3.3 * DAY, 9.3 * DAY].map(resolution)).toEqual([
      'exact',
      'exact',
      'hour',
      'day',
    ])
    archive.close()
  })

  it('makes the sums of an hour anew when something of it comes late', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 3)
    const now = T0 + 3 * DAY
    pass(store, now)
    const late = { verdict: 'expected', reason: 'declared' } as const
    store.commit(
      tick(now, {
        closed: [brief(root, 5_000, T0 + DAY)],
        updated: [brief(root, 3, T0 + 3 * HOUR, late)],
      }),
    )
    const window = { from: T0 - DAY, to: now }
    expect(total(folder, window)).toBe(73)
    pass(store, now)
    store.tend((db) => db.exec('DELETE FROM connection'))
    store.close()
    // The last two hours are not summed yet.
    expect(total(folder, window)).toBe(71)
    expect(
      rows(
        folder,
        `SELECT verdict, begun FROM hour_sum JOIN pattern ON id = pattern_id
         WHERE hour = ${Math.floor(T0 / HOUR) + 3} AND server_id = '${files.server.id}'`,
      ),
    ).toEqual([{ verdict: 'expected', begun: 1 }])
  })

  it('stays below its size: connections go first, findings stay', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 20)
    const many = (day: number) =>
      Array.from({ length: 3_000 }, (_, n) =>
        brief(root, 10_000 * (day + 1) + n, T0 + day * DAY + n),
      )
    for (let day = 0; day < 20; day += 1) store.commit(tick(T0 + day * DAY, { closed: many(day) }))
    const now = T0 + 20 * DAY
    pass(store, now)
    const size =
      rows(folder, 'SELECT 1') &&
      store.tend((db) => Number(db.pragma('page_count', { simple: true })))
    const before = total(folder, { from: T0, to: now })
    // A pass makes the sums of a hundred hours at most, and what has none stays.
    for (let n = 0; n < 5; n += 1) pass(store, now, { maxBytes: 3 * 1024 * 1024 })
    const after = store.tend((db) => Number(db.pragma('page_count', { simple: true })))
    expect(size * 4096).toBeGreaterThan(8 * 1024 * 1024)
    expect(after * 4096).toBeLessThan(6 * 1024 * 1024)
    expect(total(folder, { from: T0, to: now })).toBe(before)
    expect(rows(folder, 'SELECT count(*) n FROM finding')).toEqual([{ n: 1 }])
    store.close()
  })

  it('a clock that is wrong by years for a moment takes a day, not everything', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 5)
    store.commit(tick(T0 + 3_650 * DAY))
    pass(store, T0 + 3_650 * DAY)
    expect(rows(folder, 'SELECT count(*) n FROM connection')).toEqual([{ n: 2 * 4 * 24 }])
    store.close()
    // Half of the first day, which began at noon, went with its sums.
    expect(total(folder, { from: T0, to: T0 + 5 * DAY })).toBeGreaterThanOrEqual(108)
  })

  it('remembers that a server ran after its copies are forgotten', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 1)
    store.commit(tick(T0 + DAY, { ended: [root.id] }))
    const later = T0 + 3 * DAY
    store.commit(tick(later))
    for (let n = 0; n < 4; n += 1) pass(store, later, { connectionsMs: HOUR })
    expect(rows(folder, 'SELECT id FROM instance')).toEqual([{ id: other.id }])
    store.close()
    const archive = openArchive({ folder, now: () => later })
    const { servers } = archive.servers()
    archive.close()
    expect(servers.map(({ name, state }) => [name, state])).toEqual([
      ['files', 'ended'],
      ['memory', 'running'],
    ])
  })

  it('forgets that it told of a finding together with the finding, and not before', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const told = finding(files, { lastSeen: T0 + DAY })
    const { id: findingId, serverId, kind, severity } = told
    store.commit(tick(T0, { servers: [files], findings: [told] }))
    store.recordDelivery([{ findingId, serverId, kind, severity, outcome: 'told', at: T0 }])
    const seen = (before: number): number[] => {
      store.tend((db) => finish(pruneFindings(db, before)))
      const { findings, deliveries } = store.memory()
      return [findings.length, deliveries.length]
    }
    expect([seen(T0 + DAY), seen(T0 + DAY + 1)]).toEqual([
      [1, 1],
      [0, 0],
    ])
    store.close()
  })
})

describe('sums of many destinations', () => {
  it('sum what is beyond a bound as one, so that a scan pushes nobody out', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const scan = Array.from({ length: 6_000 }, (_, n) =>
      brief(root, n, T0 + n, {
        connection: {
          remote: { address: `198.18.${n >> 8}.${n & 255}`, port: 443, zone: null },
          firstSeen: T0 + n,
          lastSeen: T0 + n,
        },
      }),
    )
    store.commit(tick(T0 + HOUR, { servers: [files], instances: [root], closed: scan }))
    store.commit(tick(T0 + 2 * DAY))
    pass(store, T0 + 2 * DAY)
    store.close()
    const archive = openArchive({ folder, now: () => T0 + 2 * DAY })
    const { destinations } = archive.destinations({ from: T0 - DAY, to: T0 + 2 * DAY }, {})
    archive.close()
    expect(destinations).toHaveLength(5_001)
    expect(destinations.find(({ address }) => address === null)?.connections).toBe(1_000)
  })
})

describe('erase', () => {
  const secret = 'host-nobody-may-find.example'
  const names = [{ name: secret, source: 'expected-host' as const, at: T0 }]

  function bytes(folder: string): Buffer {
    return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
  }

  it('leaves nothing of a server in any file, and everything of the others', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 5)
    store.commit(
      tick(T0 + 5 * DAY, {
        closed: [
          brief(root, 9_000, T0 + DAY, {
            names,
            connection: {
              remote: { address: '203.0.113.77', port: 4_242, zone: null },
              firstSeen: T0 + DAY,
              lastSeen: T0 + DAY,
            },
          }),
        ],
      }),
    )
    pass(store, T0 + 5 * DAY)
    expect(bytes(folder).includes(secret)).toBe(true)
    const before = total(folder, { from: T0, to: T0 + 5 * DAY }, 'memory')
    const change = store.tend((db) => finish(eraseJob(db, [files.server.id], false)))
    expect(change.removed).toMatchObject({ connections: 121, findings: 1 })
    expect([bytes(folder).includes(secret), bytes(folder).includes('203.0.113.77')]).toEqual([
      false,
      false,
    ])
    expect(total(folder, { from: T0, to: T0 + 5 * DAY }, 'memory')).toBe(before)
    expect(total(folder, { from: T0, to: T0 + 5 * DAY })).toBe(0)
    // What runs on is there, and can be written again.
    store.commit(tick(T0 + 5 * DAY + 1_000, { closed: [brief(root, 9_999, T0 + 5 * DAY)] }))
    expect(store.memory().openInstances).toHaveLength(2)
    store.close()
    expect(total(folder, { from: T0, to: T0 + 6 * DAY })).toBe(1)
  })

  it('of everything, with no daemon, leaves the configured servers alone', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 2)
    store.commit(tick(T0 + 2 * DAY, { opened: [judged(root, 7_000, { names })] }))
    store.tend((db) => finish(eraseJob(db, null, true)))
    expect(store.memory()).toMatchObject({
      openConnections: [],
      openInstances: [],
      findings: [],
      deliveries: [],
    })
    store.close()
    expect([bytes(folder).includes(secret), bytes(folder).includes('203.0.113.10')]).toEqual([
      false,
      false,
    ])
    expect(rows(folder, 'SELECT name FROM server ORDER BY name')).toEqual([
      { name: 'files' },
      { name: 'memory' },
    ])
  })
})

describe('prune', () => {
  it('removes what is older than said, of one server where one is named', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    busy(store, 6)
    const now = T0 + 6 * DAY
    const request = { now, settings: DEFAULT_RETENTION, before: now - 2 * DAY }
    store.tend((db) => finish(pruneJob(db, { ...request, servers: [files.server.id] })))
    const all = { from: T0 - DAY, to: now }
    expect([total(folder, all) < 75, total(folder, all, 'memory')]).toEqual([true, 144])
    store.tend((db) => finish(pruneJob(db, { ...request, servers: null })))
    expect(total(folder, all, 'memory')).toBeLessThan(75)
    expect(total(folder, all, 'memory')).toBeGreaterThanOrEqual(48)
    store.close()
  })
})

describe('the keeper', () => {
  it('works in steps between ticks, and does what is asked for at once', async () => {
    const folder = temporaryFolder()
    let now = 0
    const clock = { wallMs: () => T0 + 10 * DAY, monotonicMs: () => (now += 4) }
    const store = openStore({ folder, clock: fixedClock(T0), log: silentLog })
    busy(store, 10)
    const queue: (() => void)[] = []
    const keeper = createKeeper({
      tend: (work) => store.tend(work),
      clock,
      log: silentLog,
      settings: () => ({ ...DEFAULT_RETENTION, connectionsMs: DAY }),
      later: (step) => void queue.push(step),
    })
    keeper.tick()
    queue.shift()?.()
    expect(rows(folder, 'SELECT * FROM summed_hour')).toEqual([])
    now += 60_000
    let steps = 0
    for (; steps < 2_000; steps += 1) {
      keeper.tick()
      queue.shift()?.()
      if (JSON.stringify(rows(folder, 'SELECT count(*) n FROM connection')) === '[{"n":432}]') break
    }
    expect(steps).toBeGreaterThan(30)
    expect(steps).toBeLessThan(2_000)
    const done = keeper.run((db) => eraseJob(db, null, false))
    while (queue.length > 0) queue.shift()?.()
    expect((await done).removed.connections).toBe(432)
    keeper.stop()
    store.close()
  })
})

describe('migration', () => {
  it.each(MIGRATIONS.slice(0, -1).map((_, n) => n + 1))(
    'brings a database of version %i here with what it holds',
    (version) => {
      const folder = join(temporaryFolder(), 'state')
      mkdirSync(folder)
      const old = new Database(join(folder, 'watch.db'))
      old.pragma('journal_mode = WAL')
      for (const sql of MIGRATIONS.slice(0, version)) old.exec(sql)
      old.pragma(`user_version = ${version}`)
      old.exec(`
        INSERT INTO server (id, client, name, source, scope, transport, disabled, configured,
            expectation, expectation_source)
          VALUES ('s', 'cursor', 'files', '/x', 'user', 'stdio', 0, 1, 'open', 'default');
        INSERT INTO instance (id, root, root_pid, started_at, seen_at, quality, reasons, judged, orphaned)
          VALUES ('i', 'boot:1:1:0', 1, ${T0}, ${T0}, 'exact', '[]', 1, 0);
        INSERT INTO instance_server VALUES ('i', 's');
        INSERT INTO destination VALUES (1, 'tcp', '203.0.113.10', '', 443, 'outbound');
        INSERT INTO contact (id, digest, instance_id, server_id, destination_id, scope, traffic_class,
            verdict, reason, relayed, inherited, outcome, candidates)
          VALUES (1, 'd', 'i', 's', 1, 'public', 'server', 'expected', 'declared', 0, 0, 'established', '[]');
        INSERT INTO connection (id, contact_id, netns, local_address, local_port, remote_port,
            opened_before, first_seen, last_seen, closed_at)
          VALUES ('a', 1, 'host', '192.0.2.1', 1, 443, 0, ${T0}, ${T0 + 5}, ${T0 + 5}),
            ('b', 1, 'host', '192.0.2.1', 2, 443, 0, ${T0}, ${T0 + 5}, NULL);
        INSERT INTO finding (id, kind, severity, server_id, protocol, address, port, scope,
            first_seen, last_seen, count, explanation)
          VALUES ('f', 'local-only-egress', 'high', 's', 'tcp', '203.0.113.10', 443, 'public',
            ${T0}, ${T0}, 1, 'It connected out.');
        INSERT INTO meta VALUES ('last_tick_at', ${T0 + 10});`)
      old.close()
      const store = open(folder)
      expect(store.notices).toEqual([])
      const { openConnections, findings, deliveries } = store.memory()
      expect([openConnections.length, findings.length]).toEqual([1, 1])
      // What was found before deliveries were kept counts as told.
      expect(deliveries.length).toBe(version < 2 ? 1 : 0)
      pass(store, T0 + 2 * DAY)
      store.close()
      expect(rows(folder, 'PRAGMA user_version')).toEqual([{ user_version: DATABASE_VERSION }])
      expect(rows(folder, 'PRAGMA auto_vacuum')).toEqual([{ auto_vacuum: 2 }])
      // Later versions write it themselves.
      if (version < 5)
        expect(rows(folder, 'SELECT last_at FROM contact')).toEqual([{ last_at: T0 + 5 }])
      const archive = openArchive({ folder, now: () => T0 + 20 })
      const report = archive.report({ from: T0 - HOUR, to: T0 + 20 }, {})
      archive.close()
      expect(report.servers[0]).toMatchObject({
        state: 'running',
        destinations: [{ connections: 2, open: 1 }],
      })
      expect(dump(folder)).toContain('203.0.113.10')
    },
  )
})
