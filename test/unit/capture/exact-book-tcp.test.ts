import { describe, expect, it } from 'vitest'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import { TCP_STATE } from '../../../daemon/capture/exact/socket-event.ts'
import {
  at,
  bookOf,
  closed,
  connect,
  connecting,
  ESTABLISHED,
  type Event,
  end,
  GIVEN_UP,
  hearAll,
  holder,
  LOCAL,
  NETNS,
  now,
  owner,
  REMOTE,
  RETRIED,
  released,
  rowsOf,
  START_MS,
} from './exact-build.ts'

const { synSent, established, close, lastAck, closeWait } = TCP_STATE
const BEGIN = [connect(), connecting()]

describe('an attempt to connect', () => {
  it('is told as soon as it is under way, in the namespace of who made it', () => {
    const book = bookOf(BEGIN)
    expect(book.hasNews()).toBe(true)
    expect(book.tell([], now(5))).toEqual({
      snapshots: [
        {
          kind: 'snapshot',
          netns: NETNS,
          at: START_MS + 5_000,
          complete: false,
          hostWide: false,
          rows: [
            {
              protocol: 'tcp',
              state: 'syn-sent',
              local: LOCAL,
              remote: REMOTE,
              inode: null,
              cookie: 'ab',
              uid: 1000,
              cgroup: null,
              holders: [holder()],
              firstSeen: START_MS,
              bytes: null,
              outcome: 'unknown',
            },
          ],
        },
      ],
      rawSockets: [],
    })
    expect(book.hasNews()).toBe(false)
  })

  it('is the same row until something changes', () => {
    const book = bookOf(BEGIN)
    const [first] = rowsOf(book.tell([], now(5)))
    expect(rowsOf(book.tell([], now(6)))[0]).toBe(first)
    book.hear(at(6, 0xab, RETRIED))
    expect(rowsOf(book.tell([], now(7)))[0]).toBe(first)
    book.hear(at(7, 0xab, ESTABLISHED))
    const [second] = rowsOf(book.tell([], now(8)))
    expect(second).toEqual({ ...first, state: 'established', outcome: 'established' })
    expect(rowsOf(book.tell([], now(9)))[0]).toBe(second)
  })

  it('was first seen then, whatever the clock of walls does later', () => {
    const book = bookOf(BEGIN)
    const [first] = rowsOf(book.tell([], now(5)))
    expect(rowsOf(book.tell([], { at: START_MS - 9e6, atNs: now(6).atNs }))[0]).toBe(first)
  })

  const OUTCOMES: readonly (readonly [string, readonly Event[], string])[] = [
    ['refused', [...BEGIN, closed(synSent), released(close)], 'refused'],
    ['refused, the socket is kept', [...BEGIN, closed(synSent)], 'refused'],
    ['given up by the kernel', [...BEGIN, RETRIED, GIVEN_UP, closed(synSent)], 'timed-out'],
    ['refused at the second try', [...BEGIN, RETRIED, closed(synSent)], 'refused'],
    ['closed while it waits', [...BEGIN, released(synSent), closed(synSent)], 'abandoned'],
    [
      'closed while it waits for long',
      [...BEGIN, RETRIED, released(synSent), closed(synSent)],
      'abandoned',
    ],
    ['reset after it was established', [...BEGIN, ESTABLISHED, closed(established)], 'established'],
    ['established, untold', [...BEGIN, released(closeWait), closed(lastAck)], 'established'],
    ['closed, all before untold', [...BEGIN, closed(lastAck)], 'established'],
    ['begun, untold', [connect(), ESTABLISHED, closed(lastAck)], 'established'],
    ['not sent', [connect(), released(close)], 'no-route'],
    ['held back for its data (TCP_FASTOPEN_CONNECT)', [connect(), released(synSent)], 'no-route'],
    ['refused, untold', [...BEGIN, released(close)], 'refused'],
    ['given up, untold', [...BEGIN, GIVEN_UP, released(close)], 'timed-out'],
  ]
  it.each(OUTCOMES)('is told once at its end: %s', (_name, events, outcome) => {
    const book = bookOf(events)
    expect(book.hasNews()).toBe(true)
    expect(book.knows(0xab)).toBe(false)
    const [row, ...others] = rowsOf(book.tell([], now(60)))
    expect(row).toMatchObject({ outcome, firstSeen: START_MS, holders: [holder()] })
    expect(row?.endedAt).toBeGreaterThan(START_MS)
    expect(others).toEqual([])
    expect(rowsOf(book.tell([], now(61)))).toEqual([])
  })

  it('has no local end where nothing was sent', () => {
    const told = (remote = REMOTE) => bookOf([connect(remote), released(close)]).tell([], now(9))
    expect(rowsOf(told())).toMatchObject([{ local: end(0, '0.0.0.0'), remote: REMOTE }])
    expect(rowsOf(told(end(443, '2001:db8::1')))).toMatchObject([{ local: end(0, '::') }])
    expect(bookOf([connect()]).hasNews()).toBe(false)
    expect(rowsOf(bookOf([connect()]).tell([], now(9)))).toEqual([])
  })

  it('goes where the kernel sends it', () => {
    const elsewhere = end(443, '198.51.100.7')
    const rows = rowsOf(bookOf([connect(), connecting(elsewhere)]).tell([], now(9)))
    expect(rows).toMatchObject([{ remote: elsewhere }])
    const own = bookOf([connect(end(80, '0.0.0.0')), released(close)]).tell([], now(9))
    expect(rowsOf(own)).toMatchObject([{ remote: end(80, '127.0.0.1') }])
    const own6 = bookOf([connect(end(80, '::')), released(close)]).tell([], now(9))
    expect(rowsOf(own6)).toMatchObject([{ remote: end(80, '::1') }])
  })

  it('to port 0 is none', () => {
    expect(bookOf([connect(end(0))]).knows(0xab)).toBe(false)
  })

  it('that is repeated while it waits is the same', () => {
    const book = bookOf([connect(), connect(), connecting(), connect(), ESTABLISHED])
    expect(book.unowned()).toEqual([])
    const rows = rowsOf(book.tell([], now(9)))
    expect(rows).toMatchObject([{ state: 'established', firstSeen: START_MS }])
  })

  it('of a socket that was connected before is another', () => {
    const other = end(443, '198.51.100.7')
    const second = [connect(other), connecting(other, end(40_001, '192.0.2.1')), ESTABLISHED]
    const book = bookOf([
      ...BEGIN,
      closed(synSent),
      ...second,
      closed(established, 1),
      ...BEGIN,
      ESTABLISHED,
    ])
    const rows = rowsOf(book.tell([], now(20)))
    expect(rows.map(({ remote, outcome }) => [remote?.address, outcome])).toEqual([
      ['203.0.113.9', 'refused'],
      ['198.51.100.7', 'established'],
      ['203.0.113.9', 'established'],
    ])
    expect(rows.map(({ endedAt }) => endedAt !== undefined)).toEqual([true, true, false])
  })

  it('of a socket whose first was not sent, or whose end was lost, ends that one', () => {
    const other = end(443, '198.51.100.7')
    const notSent = bookOf([connect(), connect(other), connecting(other)]).tell([], now(9))
    expect(rowsOf(notSent)).toMatchObject([{ outcome: 'no-route' }, { outcome: 'unknown' }])
    const lost = bookOf([...BEGIN, connect(other), connecting(other)]).tell([], now(9))
    expect(rowsOf(lost)).toMatchObject([{ outcome: 'unknown', endedAt: START_MS + 2_000 }, {}])
    const again = bookOf([...BEGIN, ESTABLISHED, connect(), connecting()]).tell([], now(9))
    expect(rowsOf(again)).toMatchObject([{ outcome: 'established', bytes: null }, {}])
  })

  it('is told in the first namespace that is looked at where its own is not known', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, [...BEGIN, closed(synSent)])
    hearAll(book, 0xac, BEGIN)
    book.settle(() => owner(7, null))
    // Nowhere yet.
    expect(book.tell([], now(5)).snapshots).toEqual([])
    const host = { kind: 'snapshot', netns: 'net:[9]', at: 0, hostWide: true, rows: [] } as const
    const { snapshots } = book.tell([{ ...host, complete: true }], now(6))
    expect(snapshots).toMatchObject([{ netns: 'net:[9]', complete: true, hostWide: true }])
    expect(snapshots[0]?.rows.map(({ cookie }) => cookie)).toEqual(['ab', 'ac'])
    expect(rowsOf(book.tell([], now(7))).map(({ cookie }) => cookie)).toEqual(['ac'])
  })

  it('is ended by what was closed where another cookie is released (MPTCP)', () => {
    const book = bookOf([...BEGIN, ESTABLISHED])
    book.hear(at(4, 0xff, released(established)))
    expect(rowsOf(book.tell([], now(5)))).toMatchObject([{ state: 'established' }])
    book.hear(at(6, 0xab, closed(lastAck, 102, 11)))
    const rows = rowsOf(book.tell([], now(7)))
    expect(rows).toMatchObject([{ endedAt: START_MS + 6_000, bytes: { sent: 100, received: 10 } }])
  })
})

describe('what is urgent', () => {
  it('is a new attempt and how it went, not that it is over', () => {
    const book = bookOf(BEGIN)
    const steps = [book.isUrgent()]
    book.tell([], now(5))
    steps.push(book.isUrgent())
    book.hear(at(6, 0xab, ESTABLISHED))
    steps.push(book.isUrgent())
    book.tell([], now(7))
    book.hear(at(8, 0xab, closed(5)))
    expect([...steps, book.isUrgent(), book.hasNews()]).toEqual([true, false, true, false, true])
  })

  it('is an attempt that failed after it was told', () => {
    const book = bookOf(BEGIN)
    book.tell([], now(5))
    book.hear(at(6, 0xab, closed(synSent)))
    expect(book.isUrgent()).toBe(true)
  })
})
