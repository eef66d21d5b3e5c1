import { describe, expect, it } from 'vitest'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import { TCP_STATE } from '../../../daemon/capture/exact/socket-event.ts'
import {
  actor,
  at,
  closed,
  connect,
  connecting,
  connectUdp,
  datagram,
  ESTABLISHED,
  type Event,
  hearAll,
  holder,
  now,
  owner,
  REMOTE,
  released,
  rowsOf,
  START_MS,
  second,
} from './exact-build.ts'

const BEGIN = [connect(), connecting()]
const RAW: Event = { kind: 'raw-socket', by: actor(7), family: 'ipv4' }

describe('an attempt whose owner is not known', () => {
  it('is told by nobody, and once with its end where that came first', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, [...BEGIN, closed(TCP_STATE.synSent)])
    expect(book.hasNews()).toBe(false)
    expect(rowsOf(book.tell([], now(1)))).toEqual([])
    book.settle(() => 'unknown')
    expect(book.hasNews()).toBe(false)
    book.settle(() => owner())
    expect([book.hasNews(), book.unowned()]).toEqual([true, []])
    expect(rowsOf(book.tell([], now(2)))).toMatchObject([
      { outcome: 'refused', firstSeen: START_MS },
    ])
    expect(rowsOf(book.tell([], now(3)))).toEqual([])
  })

  it('is asked for once a process, as that was at its first', () => {
    const book = createAttemptBook()
    hearAll(book, 1, [connect(REMOTE, 7)], 1)
    hearAll(book, 2, [connect(REMOTE, 8)], 2)
    hearAll(book, 3, [connect(REMOTE, 7)], 3)
    const asked: unknown[] = []
    book.settle((who) => {
      asked.push(who)
      return 'unknown'
    })
    expect(asked).toEqual([
      { ...actor(7), atNs: second(1) },
      { ...actor(8), atNs: second(2) },
    ])
    expect(book.unowned()).toEqual(asked)
  })

  it('is asked for apart where the same number is another program', () => {
    const book = createAttemptBook()
    for (const comm of ['npx', 'node', 'npx'])
      book.hear(at(0, comm.length, { ...connect(), by: { ...actor(), comm } } as Event))
    expect(book.unowned().map(({ comm }) => comm)).toEqual(['npx', 'node'])
  })

  it('is forgotten where it is a stranger’s, with what follows', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, BEGIN)
    hearAll(book, 0xac, [connectUdp(), datagram(1)])
    book.hear(at(0, 0xad, RAW))
    book.settle(() => 'stranger')
    expect([book.knows(0xab), book.knows(0xac), book.unowned()]).toEqual([false, false, []])
    hearAll(book, 0xab, [ESTABLISHED, closed(1)], 5)
    expect(book.tell([], now(9))).toEqual({ snapshots: [], rawSockets: [] })
    expect(book.takeLost()).toBe(0)
  })

  it('is given up ten seconds after it was first asked for in vain, and counted', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, BEGIN)
    hearAll(book, 0xac, [connectUdp()])
    book.tell([], now(100))
    book.tell([], now(109))
    expect([book.knows(0xab), book.takeLost()]).toEqual([true, 0])
    book.tell([], now(110))
    expect([book.knows(0xab), book.knows(0xac), book.unowned()]).toEqual([false, false, []])
    // An intent that was never followed is no loss.
    expect([book.takeLost(), book.takeLost()]).toEqual([1, 0])
  })

  it('needs no owner where it is over and nothing was sent', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, [connectUdp(), released(1)])
    expect(book.unowned()).toEqual([])
  })
})

describe('a raw socket', () => {
  it('is told once, by who made it, also when it is gone', () => {
    const book = createAttemptBook()
    hearAll(book, 0xab, [RAW, released(7)], 2)
    expect(book.hasNews()).toBe(false)
    book.settle(() => owner())
    expect(book.hasNews()).toBe(true)
    const { rawSockets } = book.tell([], now(5))
    expect(rawSockets).toEqual([{ holder: holder(), family: 'ipv4', at: START_MS + 2_000 }])
    expect([book.hasNews(), book.tell([], now(6)).rawSockets]).toEqual([false, []])
  })
})

describe('a full book', () => {
  it('takes nothing more and says how much it passed over, until something was told', () => {
    const book = createAttemptBook({ attempts: 3, destinations: 2, flows: 100, ends: 100 })
    hearAll(book, 1, [...BEGIN, closed(TCP_STATE.synSent)])
    hearAll(book, 2, BEGIN)
    hearAll(book, 3, [RAW])
    hearAll(book, 4, BEGIN)
    hearAll(book, 5, [connectUdp()])
    hearAll(book, 6, [RAW])
    expect([2, 4, 5].map((cookie) => book.knows(cookie))).toEqual([true, false, false])
    expect(book.takeLost()).toBe(3)
    book.settle(() => owner())
    expect(rowsOf(book.tell([], now(9)))).toHaveLength(2)
    for (const cookie of [7, 8, 9]) hearAll(book, cookie, BEGIN, 10)
    expect([book.takeLost(), book.knows(8), book.knows(9)]).toEqual([1, true, false])
  })

  it('keeps what could not be told yet', () => {
    const book = createAttemptBook({ attempts: 1, destinations: 2, flows: 100, ends: 100 })
    hearAll(book, 1, [...BEGIN, closed(TCP_STATE.synSent)])
    book.settle(() => owner(7, null))
    expect(book.tell([], now(5)).snapshots).toEqual([])
    hearAll(book, 2, BEGIN)
    expect([book.knows(2), book.takeLost()]).toEqual([false, 1])
  })

  it('tells no more ends at once than are bearable, each of them once, and that there are more', () => {
    const book = createAttemptBook({ attempts: 9, destinations: 2, flows: 100, ends: 2 })
    for (const cookie of [1, 2, 3]) hearAll(book, cookie, [...BEGIN, closed(TCP_STATE.synSent)])
    book.settle(() => owner())
    const told = [5, 6].map((time) => [rowsOf(book.tell([], now(time))).length, book.hasNews()])
    expect(told).toEqual([
      [2, true],
      [1, false],
    ])
    expect(rowsOf(book.tell([], now(7)))).toEqual([])
  })

  it('has room again for each way in which an attempt leaves it', () => {
    const book = createAttemptBook({ attempts: 1, destinations: 2, flows: 100, ends: 100 })
    const ways: readonly (() => void)[] = [
      () => book.settle(() => 'stranger'),
      () => hearAll(book, 1, [released(7)], 2),
      () => {
        book.tell([], now(0))
        book.tell([], now(20))
        book.takeLost()
      },
    ]
    for (const leave of ways) {
      hearAll(book, 1, [connectUdp()])
      expect(book.knows(1)).toBe(true)
      leave()
      expect([book.knows(1), book.takeLost()]).toEqual([false, 0])
    }
  })
})
