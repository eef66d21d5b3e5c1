import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { pruneFindings } from '../../daemon/store/prune.ts'
import { finding, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import {
  brief,
  busy,
  DAY,
  files,
  finish,
  HOUR,
  other,
  pass,
  root,
  total,
} from './retention-story.ts'
import { open, rows } from './store-files.ts'

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
