import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAttemptBook } from '../../daemon/capture/exact/book.ts'
import type { AttemptBook, Ownership, Unowned } from '../../daemon/capture/exact/parts.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import {
  at,
  closed,
  connect,
  connecting,
  connectUdp,
  datagram,
  ESTABLISHED,
  type Event,
  end,
  GIVEN_UP,
  halfClosed,
  now,
  owner,
  REMOTE,
  RETRIED,
  released,
  rowsOf,
  sampledRow,
  send,
  snapshot,
} from '../unit/capture/exact-build.ts'

const OTHER = end(53, '198.51.100.7')
const ENDS = [REMOTE, OTHER, end(0)] as const
const PIDS = [7, 8, 9] as const
const cookie = fc.integer({ min: 1, max: 4 })
const remote = fc.constantFrom(...ENDS)
const pid = fc.constantFrom(...PIDS)
const count = fc.nat({ max: 3 })
const state = fc.nat({ max: 13 })

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.tuple(remote, pid).map(([to, by]) => connect(to, by)),
  fc.tuple(remote, pid).map(([to, by]) => connectUdp(to, by)),
  fc.tuple(remote, pid).map(([to, by]) => send(to, by)),
  remote.map((to) => connecting(to)),
  fc.constantFrom(ESTABLISHED, RETRIED, GIVEN_UP),
  count.map(halfClosed),
  fc
    .tuple(state, count, count, fc.boolean())
    .map(([from, acked, received, isAllAcked]) => closed(from, acked, received, isAllAcked)),
  state.map(released),
  fc.tuple(count, remote).map(([bytes, to]) => datagram(bytes, to)),
)

const sampled: fc.Arbitrary<SocketRow> = fc
  .record({
    cookie: fc.oneof(
      cookie.map((number) => number.toString(16)),
      fc.constantFrom(null, 'ffffffffffffffff', 'no'),
    ),
    protocol: fc.constantFrom('tcp', 'udp'),
    remote: fc.constantFrom(REMOTE, OTHER, null),
    state: fc.constantFrom('syn-sent', 'established', 'closing', 'time-wait', 'connected'),
    holders: fc.constantFrom([], [owner(8).holder]),
    endedAt: fc.constantFrom(undefined, undefined, now(0).at, now(1e6).at),
  })
  .map(({ endedAt, ...row }) =>
    sampledRow({ ...row, ...(endedAt === undefined ? {} : { endedAt }) }),
  )

type Step =
  | { readonly do: 'hear'; readonly cookie: number; readonly event: Event }
  | { readonly do: 'settle' }
  | { readonly do: 'wait' }
  | { readonly do: 'tell'; readonly rows: readonly SocketRow[]; readonly complete: boolean }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('hear' as const), cookie, event }) },
    { weight: 1, arbitrary: fc.constant({ do: 'settle' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('tell' as const),
        rows: fc.array(sampled, { maxLength: 3 }),
        complete: fc.boolean(),
      }),
    },
  ),
  { maxLength: 80 },
)

/** 7 is ours, 8 a stranger, and of 9 nothing is ever known. */
const ownerOf = ({ pid: number }: Unowned): Ownership =>
  number === 7 ? owner(7) : number === 8 ? 'stranger' : 'unknown'
const LIMITS = { attempts: 6, destinations: 2, flows: 100, ends: 100 }

it('whatever it hears, in whatever order, the book tells of each end once and of nobody else’s', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const book = createAttemptBook(LIMITS)
      const check = createCheck()
      let seconds = 0
      for (const step of all) {
        seconds += step.do === 'wait' ? 70 : 1
        if (step.do === 'hear') book.hear(at(seconds, step.cookie, step.event))
        if (step.do === 'settle') book.settle(ownerOf)
        if (step.do !== 'tell') continue
        const given = new Set(step.rows)
        const told = book.tell([snapshot(step.rows, { complete: step.complete })], now(seconds))
        check(rowsOf(told).filter((row) => !given.has(row)))
        expect(book.hasNews()).toBe(false)
      }
      expectRoom(book, seconds)
    }),
    { numRuns: 1_000 },
  )
})

/** Nothing stays behind: when all sockets are gone and everything was told there is as much room as at first. */
function expectRoom(book: AttemptBook, seconds: number): void {
  for (let socket = 1; socket <= 4; socket += 1) book.hear(at(seconds, socket, released(7)))
  book.settle(() => owner())
  book.tell([snapshot([])], now(seconds))
  for (let socket = 11; socket < 11 + LIMITS.attempts; socket += 1)
    book.hear(at(seconds, socket, connect()))
  const last = 10 + LIMITS.attempts
  expect([book.knows(last), book.unowned().length]).toEqual([true, 1])
}

/** Rows of the book, batch by batch. */
function createCheck(): (rows: readonly SocketRow[]) => void {
  const open = new Map<string, SocketRow>()
  const ended = new Set<string>()
  return (rows) => {
    expect(rows.length).toBeLessThanOrEqual(LIMITS.attempts)
    const met = new Set<string>()
    for (const row of rows) {
      const id = [row.cookie, row.protocol, row.remote?.address, row.firstSeen].join(' ')
      expect([met.has(id), ended.has(id)]).toEqual([false, false])
      met.add(id)
      expect(row.holders[0]).toEqual(owner(7).holder)
      expect(row.outcome).toBeDefined()
      expect(row.remote?.port).toBeGreaterThan(0)
      expect(row.bytes?.sent ?? 0).toBeGreaterThanOrEqual(0)
      expect(row.bytes?.received ?? 0).toBeGreaterThanOrEqual(0)
      const before = open.get(id)
      if (before !== undefined && isEqual(before, row)) expect(row).toBe(before)
      if (row.endedAt === undefined) open.set(id, row)
      else {
        expect(row.endedAt).toBeGreaterThanOrEqual(row.firstSeen ?? 0)
        ended.add(id)
        open.delete(id)
      }
    }
    // What is open is told each time, until its end.
    for (const id of open.keys()) expect(met.has(id)).toBe(true)
  }
}

function isEqual(a: SocketRow, b: SocketRow): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

const BEGIN = [connect(), connecting()]
/** Whole lives of a socket, and what is told of them in the end: outcome, and bytes sent. */
const LIVES: readonly (readonly [readonly Event[], readonly string[]])[] = [
  [[...BEGIN, closed(2), released(7)], ['refused 0']],
  [[...BEGIN, RETRIED, GIVEN_UP, closed(2), released(7)], ['timed-out 0']],
  [[...BEGIN, released(2), closed(2)], ['abandoned 0']],
  [[connect(), released(7)], ['no-route 0']],
  [[...BEGIN, ESTABLISHED, released(8), closed(9, 12, 1)], ['established 10']],
  [[...BEGIN, ESTABLISHED, released(1), halfClosed(0), closed(5, 22, 1)], ['established 20']],
  [
    [
      ...BEGIN,
      closed(2),
      connect(OTHER),
      connecting(OTHER),
      ESTABLISHED,
      closed(1, 4),
      released(7),
    ],
    ['refused 0', 'established 3'],
  ],
  [[connectUdp(), released(1)], []],
  [[connectUdp(), datagram(5), datagram(9), released(1)], ['established 9']],
  [
    [send(), datagram(1), send(OTHER), datagram(2, OTHER), released(7)],
    ['established 1', 'established 2'],
  ],
]

it('lives of many sockets told in between each other come out as each alone', () => {
  const lives = fc.array(fc.constantFrom(...LIVES), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(lives, fc.infiniteStream(fc.nat()), (chosen, choices) => {
      const book = createAttemptBook()
      const waiting = chosen.map(([events], index) => ({ cookie: index + 1, events: [...events] }))
      const told: string[] = []
      let seconds = 0
      for (const choice of choices) {
        const left = waiting.filter(({ events }) => events.length > 0)
        const turn = left[choice % (left.length || 1)]
        const next = turn?.events.shift()
        if (turn === undefined || next === undefined) break
        // Nobody is given up meanwhile.
        seconds += 0.01
        book.hear(at(seconds, turn.cookie, next))
        if (choice % 3 === 0) book.settle(() => owner())
        if (choice % 4 === 0) told.push(...endsIn(book, seconds))
      }
      book.settle(() => owner())
      told.push(...endsIn(book, seconds))
      expect(told.toSorted()).toEqual(chosen.flatMap(([, outcomes]) => outcomes).toSorted())
      expect(waiting.some(({ cookie: number }) => book.knows(number))).toBe(false)
      expect(book.takeLost()).toBe(0)
    }),
    { numRuns: 500 },
  )
})

function endsIn(book: AttemptBook, seconds: number): readonly string[] {
  return rowsOf(book.tell([], now(seconds))).flatMap(({ endedAt, outcome, bytes }) =>
    endedAt === undefined ? [] : [`${outcome} ${bytes?.sent}`],
  )
}
