/** What is removed on request, and who does it between ticks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eraseJob, pruneJob } from '../../daemon/store/data-jobs.ts'
import { createKeeper } from '../../daemon/store/keeper.ts'
import { openStore } from '../../daemon/store/store.ts'
import { DEFAULT_RETENTION } from '../../shared/model/policy.ts'
import { fixedClock, judged, silentLog, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { brief, busy, DAY, files, finish, pass, root, total } from './retention-story.ts'
import { open, rows } from './store-files.ts'

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
