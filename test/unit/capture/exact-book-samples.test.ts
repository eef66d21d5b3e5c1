import { describe, expect, it } from 'vitest'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import { TCP_STATE } from '../../../daemon/capture/exact/socket-event.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'
import {
  at,
  bookOf,
  closed,
  connect,
  connecting,
  connectUdp,
  datagram,
  ESTABLISHED,
  end,
  hearAll,
  holder,
  LOCAL,
  NETNS,
  now,
  owner,
  REMOTE,
  released,
  rowsOf,
  START_MS,
  sampledRow,
  send,
  snapshot,
} from './exact-build.ts'

const OPEN = [connect(), connecting(), ESTABLISHED]
const UDP: Partial<SocketRow> = { protocol: 'udp', state: 'connected', bytes: null }
const OTHER = end(53, '198.51.100.7')

describe('a sampled row of an attempt in the book', () => {
  it('adds what it knows, and is told once', () => {
    const book = bookOf(OPEN)
    const child = holder(8)
    const row = sampledRow({ state: 'closing', uid: 5, holders: [child, holder()] })
    const listener = sampledRow({ state: 'listen', remote: null, cookie: 'ff' })
    const told = book.tell([snapshot([listener, row])], now(5))
    expect(told.snapshots).toHaveLength(1)
    expect(told.snapshots[0]).toMatchObject({ netns: NETNS, complete: true })
    const rows = rowsOf(told)
    expect(rows).toEqual([
      listener,
      {
        ...row,
        state: 'closing',
        holders: [holder(), child],
        firstSeen: START_MS,
        outcome: 'established',
      },
    ])
    expect(rows[0]).toBe(listener)
    // The same again, as another object.
    expect(rowsOf(book.tell([snapshot([{ ...row }])], now(6)))[0]).toBe(rows[1])
    // And while nobody looks.
    expect(rowsOf(book.tell([], now(7)))[0]).toBe(rows[1])
    const more = { sent: 9, received: 6 }
    const grown = book.tell([snapshot([{ ...row, bytes: more }])], now(8))
    expect(rowsOf(grown)).toEqual([{ ...rows[1], bytes: more }])
    const both = book.tell(
      [snapshot([{ ...row, bytes: more, holders: [child, holder(9)] }])],
      now(8),
    )
    expect(rowsOf(both)).toMatchObject([{ holders: [holder(), child, holder(9)] }])
    const inodeGone = book.tell([snapshot([{ ...row, inode: null, bytes: null }])], now(9))
    expect(rowsOf(inodeGone)).toEqual([{ ...rows[1], bytes: more }])
  })

  it('names its holder once where that has become another program since', () => {
    const later = { ...holder(), process: 'boot:7:1:1' as never }
    const rows = rowsOf(bookOf(OPEN).tell([snapshot([sampledRow({ holders: [later] })])], now(5)))
    expect(rows).toMatchObject([{ holders: [holder()] }])
  })

  it('is further on than the events where one was lost', () => {
    const book = bookOf([connect(), connecting()])
    const rows = rowsOf(book.tell([snapshot([sampledRow()])], now(5)))
    expect(rows).toMatchObject([{ state: 'established', outcome: 'established' }])
    const local = rowsOf(bookOf([connect()]).tell([snapshot([sampledRow()])], now(5)))
    expect(local).toMatchObject([{ local: LOCAL, holders: [holder()], inode: 55 }])
  })

  it('stays as it is until it is known who made the attempt', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, OPEN)
    const row = sampledRow()
    expect(rowsOf(book.tell([snapshot([row])], now(5)))).toEqual([row])
    const ended = sampledRow({ endedAt: START_MS + 5_500 })
    expect(rowsOf(book.tell([snapshot([ended])], now(6)))).toEqual([ended])
    book.settle(() => owner())
    hearAll(book, 0xab, [closed(TCP_STATE.lastAck)], 7)
    expect(rowsOf(book.tell([snapshot([{ ...row, state: 'time-wait' }])], now(8)))).toEqual([])
  })

  it('stays where it is of another connection of the same socket', () => {
    const book = bookOf(OPEN)
    const earlier = sampledRow({ local: end(39_999, '192.0.2.1'), endedAt: START_MS })
    const elsewhere = sampledRow({ remote: OTHER, endedAt: START_MS })
    const rows = rowsOf(book.tell([snapshot([earlier, elsewhere])], now(5)))
    expect(rows.slice(0, 2)).toEqual([earlier, elsewhere])
    expect(rows[2]?.endedAt).toBeUndefined()
  })

  it('is told in the namespace that it was seen in', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, OPEN)
    book.settle(() => owner(7, 'net:[2]'))
    const sampled = [snapshot([]), snapshot([sampledRow()], { netns: 'net:[3]' })]
    const { snapshots } = book.tell(sampled, now(5))
    expect(snapshots.map(({ netns, rows }) => [netns, rows.length])).toEqual([
      [NETNS, 0],
      ['net:[3]', 1],
    ])
  })
})

describe('the end of a connection', () => {
  it('is what the kernel told of it, whatever samples say later', () => {
    const book = bookOf([...OPEN, closed(TCP_STATE.lastAck, 102, 11)])
    const late = sampledRow({ endedAt: START_MS + 9_000, bytes: { sent: 1, received: 1 } })
    const told = rowsOf(book.tell([snapshot([late])], now(10)))
    expect(told).toMatchObject([{ endedAt: START_MS + 3_000, bytes: { sent: 100, received: 10 } }])
    for (const row of [late, sampledRow(), sampledRow({ state: 'time-wait', inode: null })])
      expect(rowsOf(book.tell([snapshot([row])], now(100)))).toEqual([])
    const reused = sampledRow({ local: end(40_001, '192.0.2.1') })
    expect(rowsOf(book.tell([snapshot([reused])], now(100)))).toEqual([reused])
    // Two minutes at least, and not for ever.
    for (const seconds of [128, 131])
      expect(rowsOf(book.tell([snapshot([late])], now(seconds)))).toEqual([])
    expect(rowsOf(book.tell([snapshot([late])], now(251)))).toEqual([late])
  })

  it('is not told twice where its owner became known after it', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, [...OPEN, closed(TCP_STATE.lastAck)])
    const late = sampledRow({ endedAt: START_MS })
    expect(rowsOf(book.tell([snapshot([late])], now(5)))).toEqual([])
    book.settle(() => owner())
    expect(rowsOf(book.tell([snapshot([late])], now(6)))).toHaveLength(1)
    expect(rowsOf(book.tell([snapshot([late])], now(7)))).toEqual([])
  })

  it('is waited for until the next batch where a sample tells of it first', () => {
    const sampled = [snapshot([sampledRow({ endedAt: START_MS + 4_500 })])]
    const told = bookOf(OPEN)
    expect(rowsOf(told.tell(sampled, now(5)))).toMatchObject([{ state: 'established' }])
    told.hear(at(4, 0xab, closed(TCP_STATE.lastAck, 102, 11)))
    expect(rowsOf(told.tell([], now(6)))).toMatchObject([
      { endedAt: START_MS + 4_000, bytes: { sent: 100, received: 10 } },
    ])
    const untold = bookOf(OPEN)
    untold.tell(sampled, now(5))
    expect(rowsOf(untold.tell([snapshot([])], now(6)))).toMatchObject([
      { endedAt: START_MS + 4_500, outcome: 'established', bytes: { sent: 5, received: 6 } },
    ])
    expect(untold.knows(0xab)).toBe(false)
    expect(rowsOf(untold.tell([snapshot([])], now(7)))).toEqual([])
  })

  it('is of one that was established if the sample shows it so', () => {
    const outcomeOf = (state: SocketRow['state']) => {
      const book = bookOf([connect(), connecting()])
      book.tell([snapshot([sampledRow({ state, endedAt: START_MS + 2_000 })])], now(5))
      return rowsOf(book.tell([], now(6))).map(({ outcome }) => outcome)
    }
    expect(outcomeOf('established')).toEqual(['established'])
    expect(outcomeOf('syn-sent')).toEqual(['unknown'])
  })

  it('is seen by what waits on after it', () => {
    const book = bookOf(OPEN)
    const waiting = sampledRow({ state: 'time-wait', inode: null, holders: [], bytes: null })
    book.tell([snapshot([waiting])], now(5))
    const rows = rowsOf(book.tell([snapshot([waiting])], now(6)))
    expect(rows).toMatchObject([{ endedAt: START_MS + 6_000, bytes: null }])
  })
})

describe('a connection that nothing tells of any more', () => {
  it('is over once complete samples have lacked it for long', () => {
    const book = bookOf(OPEN)
    const endAt = (seconds: number, ...sampled: Parameters<typeof snapshot>) =>
      rowsOf(book.tell([snapshot(...sampled)], now(seconds))).map(({ endedAt }) => endedAt)
    expect(endAt(3, [])).toEqual([undefined])
    expect(endAt(50, [])).toEqual([undefined])
    expect(endAt(61, [sampledRow()])).toEqual([undefined])
    expect(endAt(120, [])).toEqual([undefined])
    expect(endAt(122, [])).toEqual([undefined])
    expect(endAt(124, [], { complete: false })).toEqual([undefined])
    expect(endAt(126, [])).toEqual([START_MS + 120_000])
    expect(endAt(127, [])).toEqual([])
  })

  it('is not where the kernel told of it, or where it is not looked for', () => {
    const book = bookOf(OPEN)
    const tell = (seconds: number, netns = NETNS) =>
      book.tell([snapshot([], { netns })], now(seconds))
    for (const seconds of [3, 50]) tell(seconds)
    book.hear(at(58, 0xab, { kind: 'half-closed', received: 3 }))
    for (const seconds of [100, 117]) tell(seconds)
    expect(book.knows(0xab)).toBe(true)
    for (const seconds of [200, 300]) tell(seconds, 'net:[2]')
    expect(book.knows(0xab)).toBe(true)
    tell(301)
    expect(book.knows(0xab)).toBe(false)
  })
})

describe('rows of UDP sockets', () => {
  it('stay as they are while nothing was sent, and where they have no destination', () => {
    const row = sampledRow(UDP)
    const loose = sampledRow({ ...UDP, state: 'unconnected', remote: null })
    const told = bookOf([connectUdp()]).tell([snapshot([row, loose])], now(5))
    expect(rowsOf(told)).toEqual([row, loose])
    expect(rowsOf(told)[0]).toBe(row)
  })

  it('are replaced by socket and destination', () => {
    const book = bookOf([send(OTHER), datagram(3, OTHER), connectUdp(), datagram(4)])
    const row = sampledRow({ ...UDP, holders: [holder(8)] })
    const rows = rowsOf(book.tell([snapshot([row])], now(5)))
    expect(rows).toMatchObject([
      { remote: OTHER, inode: 55, holders: [holder()], bytes: { sent: 3 } },
      { remote: REMOTE, inode: 55, holders: [holder(), holder(8)], bytes: { sent: 4 } },
    ])
    const loose = sampledRow({ ...UDP, state: 'unconnected', remote: null })
    expect(rowsOf(book.tell([snapshot([loose])], now(6)))).toEqual([loose, ...rows])
  })

  it('are left out of a destination that has ended while the socket goes on', () => {
    const book = createAttemptBook({ attempts: 9, destinations: 1, flows: 100, ends: 100 })
    hearAll(book, 0xab, [connectUdp(), datagram(1), send(OTHER), datagram(2, OTHER)])
    book.settle(() => owner())
    expect(rowsOf(book.tell([snapshot([sampledRow(UDP)])], now(5)))).toHaveLength(2)
    const rows = rowsOf(book.tell([snapshot([sampledRow(UDP)])], now(6)))
    expect(rows).toMatchObject([{ remote: OTHER, holders: [holder()] }])
  })

  it('do not end a destination before the socket is gone: it may only be connected anew', () => {
    const book = bookOf([connectUdp(), datagram(4)])
    const ended = sampledRow({ ...UDP, endedAt: START_MS })
    for (const seconds of [5, 6]) {
      const rows = rowsOf(book.tell([snapshot([ended])], now(seconds)))
      expect(rows.map(({ endedAt }) => endedAt)).toEqual([undefined])
    }
    book.hear(at(7, 0xab, released(1)))
    expect(rowsOf(book.tell([snapshot([ended])], now(8)))).toMatchObject([
      { endedAt: START_MS + 7_000 },
    ])
    expect(rowsOf(book.tell([snapshot([ended])], now(9)))).toEqual([])
  })
})

describe('rows without cookie', () => {
  const bare = (over: Partial<SocketRow> = {}) => sampledRow({ cookie: null, ...over })

  it('are known by namespace and ends', () => {
    const book = bookOf(OPEN)
    const rows = rowsOf(book.tell([snapshot([bare()])], now(5)))
    expect(rows).toMatchObject([{ cookie: 'ab', inode: 55 }])
    const others = [bare({ local: end(1) }), bare({ remote: OTHER }), bare({ protocol: 'udp' })]
    expect(rowsOf(book.tell([snapshot(others)], now(6)))).toEqual([...others, ...rows])
    const away = book.tell([snapshot([bare()], { netns: 'net:[2]' })], now(7))
    expect(rowsOf(away)).toEqual([bare(), ...rows])
  })

  it('stay as they are while it is not known who made the attempt', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, OPEN)
    expect(rowsOf(book.tell([snapshot([bare()])], now(5)))).toEqual([bare()])
  })

  it('are what is left of one that ended', () => {
    const book = bookOf([...OPEN, closed(TCP_STATE.lastAck)])
    expect(rowsOf(book.tell([], now(5)))).toHaveLength(1)
    const waiting = bare({ state: 'time-wait', inode: null })
    expect(rowsOf(book.tell([snapshot([waiting])], now(6)))).toEqual([])
  })
})
