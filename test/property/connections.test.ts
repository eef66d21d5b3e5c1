import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialConnections, mergeConnections } from '../../daemon/connections/merge.ts'
import { quietSize } from '../../daemon/connections/quiet.ts'
import type { SocketRow, SocketState } from '../../shared/model/observation.ts'
import { OUTCOMES } from '../../shared/model/outcome.ts'
import {
  batchOf,
  inputOf,
  keyOf,
  makeInstance,
  makeProcess,
  row,
} from '../unit/connections/build.ts'

const client = makeProcess(10, 1)
const a = makeInstance(
  'a',
  [
    [makeProcess(20, 10), 'server'],
    [makeProcess(21, 20), 'child'],
  ],
  { ancestors: [client] },
)
const b = makeInstance('b', [[makeProcess(30, 10), 'server']], { ancestors: [client] })

const STATES: readonly SocketState[] = [
  'listen',
  'syn-sent',
  'syn-received',
  'established',
  'closing',
  'time-wait',
]
/** Few ports, addresses and inodes, so that the same ends come again in every state and hand. */
const socketRow: fc.Arbitrary<SocketRow> = fc
  .record({
    local: fc.constantFrom('127.0.0.1:1', '127.0.0.1:2', '192.168.1.5:3'),
    remote: fc.constantFrom('127.0.0.1:1', '127.0.0.1:2', '203.0.113.9:443', '203.0.113.9:0'),
    pids: fc.uniqueArray(fc.constantFrom(10, 20, 21, 30, 99), { maxLength: 3 }),
    inode: fc.constantFrom(null, 1, 2),
    cookie: fc.constantFrom(null, null, 'a', 'b'),
    outcome: fc.option(fc.constantFrom(...OUTCOMES)),
    state: fc.constantFrom(...STATES),
    protocol: fc.constantFrom('tcp', 'udp'),
    isLone: fc.boolean(),
  })
  .map(({ local, remote, pids, inode, cookie, outcome, state, protocol, isLone }) => {
    const isBound = state === 'listen'
    const udp = { protocol, state: isBound ? 'unconnected' : 'connected' } as const
    const rest = protocol === 'udp' ? { ...udp, inode } : { state, inode }
    const unclaimed = isLone && pids.length === 0 && inode !== null
    const told = cookie === null || outcome === null ? {} : { outcome, firstSeen: 1500 }
    const more = { ...(unclaimed && { unclaimed }), ...told }
    return row(local, isBound ? null : remote, pids, { ...rest, cookie, ...more })
  })
const sample = fc.record({
  rows: fc.array(socketRow, { maxLength: 8 }),
  complete: fc.boolean(),
  hostWide: fc.boolean(),
  instances: fc.subarray([a, b]),
  unreadable: fc.subarray([keyOf(20), keyOf(30)]),
})

describe('merging', () => {
  it('has open at any time exactly what opened and has not closed', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), (samples) => {
        const alive = new Set<string>()
        let state = initialConnections([])
        samples.forEach(({ instances, rows, ...over }, index) => {
          const at = 2000 + index * 1000
          const input = inputOf(batchOf(at, rows, over), instances, client)
          const output = mergeConnections(state, input)
          state = output.state
          for (const { id, closedAt } of output.closed) {
            expect(closedAt).toBe(at)
            expect(alive.delete(id)).toBe(true)
          }
          for (const { id } of output.opened) {
            expect(alive.has(id)).toBe(false)
            alive.add(id)
          }
          for (const { id } of output.updated) expect(alive.has(id)).toBe(true)
          expect(output.open.map(({ id }) => id).toSorted()).toEqual([...alive].toSorted())
          const running = new Set(instances.map(({ id }) => id))
          for (const c of output.open) {
            expect(running.has(c.instance)).toBe(true)
            expect(c.remote.port).not.toBe(0)
            expect((c.owner === null) === c.candidates.length > 0).toBe(true)
          }
        })
      }),
      { numRuns: 1000 },
    )
  })

  it('says the same of the same sample twice: nothing', () => {
    fc.assert(
      fc.property(fc.array(socketRow, { maxLength: 8 }), (rows) => {
        const merge = (state: ReturnType<typeof initialConnections>, at: number) =>
          mergeConnections(state, inputOf(batchOf(at, rows), [a, b], client))
        const first = merge(initialConnections([]), 1)
        const second = merge(first.state, 2)
        expect([second.opened, second.updated, second.closed]).toEqual([[], [], []])
        const third = merge(initialConnections(second.open), 3)
        expect([third.opened, third.closed, third.counts.owned]).toEqual([[], [], 0])
      }),
      { numRuns: 500 },
    )
  })

  it('says the same whether or not an engine hands over the same objects for the same rows', () => {
    const long = fc.record({
      pool: fc.uniqueArray(socketRow, {
        minLength: 2,
        maxLength: 8,
        selector: (each) => JSON.stringify(each),
      }),
      looks: fc.array(
        fc.record({
          picks: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
          isCut: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
          isHidden: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
        }),
        { minLength: 4, maxLength: 14 },
      ),
    })
    let passedOver = 0
    fc.assert(
      fc.property(long, ({ pool, looks }) => {
        let shared = initialConnections([])
        let fresh = initialConnections([])
        looks.forEach(({ picks, isCut, isHidden }, index) => {
          const rows = onePerEnds(pool.filter((_, at) => picks[at]))
          const over = { complete: !isCut, unreadable: isHidden ? [keyOf(20)] : [] }
          const merge = (state: typeof shared, of: readonly SocketRow[]) =>
            mergeConnections(state, inputOf(batchOf(2000 + index * 1000, of, over), [a, b], client))
          const one = merge(shared, rows)
          const other = merge(fresh, structuredClone(rows))
          shared = one.state
          fresh = other.state
          passedOver += quietSize(shared.quiet)
          expect({ ...one, state: null, listeners: null }).toEqual({
            ...other,
            state: null,
            listeners: null,
          })
        })
      }),
      { numRuns: 500 },
    )
    expect(passedOver).toBeGreaterThan(20)
  })

  it('makes one connection of each attempt, whatever ends they have in common', () => {
    const attempt = fc.record({
      local: fc.constantFrom('0.0.0.0:0', '192.168.1.5:3', '192.168.1.5:4'),
      outcome: fc.constantFrom(...OUTCOMES),
      lasts: fc.integer({ min: 0, max: 3 }),
      begins: fc.integer({ min: 0, max: 5 }),
      inode: fc.option(fc.integer({ min: 1, max: 3 })),
    })
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 20 }), (attempts) => {
        let state = initialConnections([])
        const opened: string[] = []
        const closed: string[] = []
        for (let at = 0; at < 12; at += 1) {
          const rows = attempts.flatMap(({ local, outcome, lasts, begins, inode }, n) => {
            const isOver = at === begins + lasts
            if (at < begins || at > begins + lasts) return []
            const told = { cookie: `c${n}`, firstSeen: 1000 + begins, inode: isOver ? null : inode }
            const end = isOver ? { endedAt: 2000 + at, state: 'closing' as const } : {}
            return [row(local, '203.0.113.9:443', [20], { outcome, ...told, ...end })]
          })
          const output = mergeConnections(state, inputOf(batchOf(2000 + at, rows), [a], client))
          state = output.state
          opened.push(...output.opened.map(({ id }) => id))
          closed.push(...output.closed.map(({ id }) => id))
        }
        expect(new Set(opened).size).toBe(attempts.length)
        expect(closed.toSorted()).toEqual(opened.toSorted())
        expect(state.open.size).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('says the same of a crowd that comes and goes in parts', () => {
    const crowd = Array.from({ length: 900 }, (_, i) =>
      row(`192.168.1.5:${10_000 + i}`, '203.0.113.9:443', [], { inode: 1000 + i }),
    )
    const own = row('192.168.1.5:3', '203.0.113.9:443', [20], { inode: 1 })
    let shared = initialConnections([])
    let fresh = initialConnections([])
    const look = (rows: readonly SocketRow[], at: number): void => {
      const merge = (state: typeof shared, of: readonly SocketRow[]) =>
        mergeConnections(state, inputOf(batchOf(at, of), [a, b], client))
      const one = merge(shared, rows)
      const other = merge(fresh, structuredClone(rows))
      shared = one.state
      fresh = other.state
      expect([one.open, one.counts]).toEqual([other.open, other.counts])
    }
    // Nobody, a few, very many are missing; those that were come back later, once as somebody's.
    const missing = [0, 0, 0, 0, 3, 0, 600, 0, 1, 0, 0, 0, 2]
    missing.forEach((count, index) => {
      const from = (index * 37) % 100
      const held = index > 9 ? [{ ...row('192.168.1.5:10050', '203.0.113.9:443', [30]) }] : []
      const present = crowd.filter((_, i) => i < from || i >= from + count)
      const others = held.length > 0 ? present.filter((_, i) => i !== 50) : present
      look([own, ...others, ...held], 2000 + index * 1000)
    })
    expect(shared.quiet.many.size).toBeGreaterThan(500)
  })
})

/** A kernel has no two sockets with the same two ends, but over time. */
function onePerEnds(rows: readonly SocketRow[]): readonly SocketRow[] {
  const ends = ({ protocol, local, remote }: SocketRow) => JSON.stringify([protocol, local, remote])
  return [...new Map(rows.map((each) => [ends(each), each])).values()]
}
