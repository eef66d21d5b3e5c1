import { describe, expect, it } from 'vitest'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import type { AttemptBook } from '../../../daemon/capture/exact/parts.ts'
import {
  at,
  bookOf,
  connect,
  connectUdp,
  datagram,
  end,
  hearAll,
  holder,
  LOCAL,
  now,
  owner,
  REMOTE,
  released,
  rowsOf,
  START_MS,
  send,
} from './exact-build.ts'

const OTHER = end(53, '198.51.100.7')
const sums = (book: AttemptBook, seconds: number) =>
  rowsOf(book.tell([], now(seconds))).map((row) => [
    row.remote?.address,
    row.bytes?.sent,
    row.endedAt,
  ])

describe('a UDP socket', () => {
  it.each([['connected', connectUdp()] as const, ['not connected', send()] as const])(
    'that is %s is told of with its first datagram',
    (_name, intent) => {
      const book = bookOf([intent])
      expect([book.knows(0xab), book.hasNews()]).toEqual([true, false])
      expect(rowsOf(book.tell([], now(1)))).toEqual([])
      book.hear(at(2, 0xab, datagram(100)))
      expect(book.hasNews()).toBe(true)
      const [row] = rowsOf(book.tell([], now(3)))
      expect(row).toEqual({
        protocol: 'udp',
        state: 'connected',
        local: LOCAL,
        remote: REMOTE,
        inode: null,
        cookie: 'ab',
        uid: 1000,
        cgroup: null,
        holders: [holder()],
        firstSeen: START_MS,
        bytes: { sent: 100, received: null },
        outcome: 'established',
      })
      expect(rowsOf(book.tell([], now(4)))[0]).toBe(row)
    },
  )

  it('that sends nothing is never told of', () => {
    const book = bookOf([connectUdp(), connectUdp(OTHER), released(1)])
    expect([book.knows(0xab), book.hasNews()]).toEqual([false, false])
    expect(rowsOf(book.tell([], now(3)))).toEqual([])
  })

  it('that is connected to port 0 is not in the book', () => {
    expect(bookOf([connectUdp(end(0))]).knows(0xab)).toBe(false)
    expect(bookOf([connectUdp(end(0))]).unowned()).toEqual([])
  })

  it('has a row for each destination, with the newest sum, and all end with it', () => {
    const book = bookOf([send(), datagram(100), send(OTHER), datagram(7, OTHER), datagram(300)])
    book.hear(at(5, 0xab, datagram(200)))
    expect(sums(book, 6)).toEqual([
      ['203.0.113.9', 300, undefined],
      ['198.51.100.7', 7, undefined],
    ])
    book.hear(at(7, 0xab, datagram(301)))
    expect(book.hasNews()).toBe(false)
    book.hear(at(8, 0xab, released(7)))
    expect([book.hasNews(), book.knows(0xab)]).toEqual([true, false])
    expect(sums(book, 9)).toEqual([
      ['203.0.113.9', 301, START_MS + 8_000],
      ['198.51.100.7', 7, START_MS + 8_000],
    ])
    expect(sums(book, 10)).toEqual([])
  })

  it('belongs, for each destination, to who meant to send there', () => {
    const book = createAttemptBook()
    const mine = [send(REMOTE, 7), datagram(1), send(OTHER, 8), datagram(2, OTHER)]
    hearAll(book, 0xab, [...mine, send(end(1, '198.51.100.8'), 9), send(REMOTE, 8)])
    expect(book.unowned().map(({ pid }) => pid)).toEqual([7, 8, 9])
    book.settle(({ pid }) => (pid === 9 ? 'stranger' : owner(pid)))
    const holders = rowsOf(book.tell([], now(9))).map((row) => row.holders)
    expect(holders).toEqual([[holder(7)], [holder(8)]])
  })

  it('to the unspecified address sends to this host', () => {
    const book = bookOf([send(end(53, '0.0.0.0')), datagram(9, end(53, '127.0.0.1'))])
    expect(sums(book, 3)).toEqual([['127.0.0.1', 9, undefined]])
  })

  it('whose address is translated on the way sends to whom it meant', () => {
    const seen = end(33_333, '127.0.0.11')
    const book = bookOf([send(), datagram(1), connectUdp(OTHER), datagram(5, seen)])
    hearAll(book, 0xab, [datagram(8, seen), datagram(2)], 10)
    expect(sums(book, 20)).toEqual([
      ['203.0.113.9', 2, undefined],
      ['198.51.100.7', 8, undefined],
    ])
  })

  it('sends for nobody where nobody, or more than one, may have meant to', () => {
    const seen = end(33_333, '127.0.0.11')
    const several = bookOf([send(), send(OTHER), datagram(5, seen)])
    expect(sums(several, 5)).toEqual([])
    const nobody = bookOf([send(), datagram(1), datagram(5, seen)])
    expect(sums(nobody, 5)).toEqual([['203.0.113.9', 1, undefined]])
    const unknown = createAttemptBook()
    unknown.hear(at(0, 0xab, datagram(1)))
    expect(unknown.knows(0xab)).toBe(false)
  })

  it('has so many destinations at most: the oldest ends for a new one', () => {
    const book = createAttemptBook({ attempts: 100, destinations: 2, flows: 100, ends: 100 })
    const third = end(1, '198.51.100.8')
    hearAll(book, 0xab, [send(), datagram(1), send(OTHER), send(third), datagram(3, third)])
    book.settle(() => owner())
    expect(sums(book, 9)).toEqual([
      ['203.0.113.9', 1, START_MS + 3_000],
      ['198.51.100.8', 3, undefined],
    ])
    hearAll(book, 0xab, [send(), datagram(4), released(7)], 10)
    book.settle(() => owner())
    expect(sums(book, 20).map(([address]) => address)).toEqual(['198.51.100.8', '203.0.113.9'])
  })

  it('leaves room for others whatever is kept open: of all sockets, too, the oldest ends', () => {
    const book = createAttemptBook({ attempts: 4, destinations: 2, flows: 2, ends: 100 })
    for (const [index, cookie] of [0xa, 0xb, 0xc].entries()) {
      const remote = end(443, `198.51.100.${index}`)
      hearAll(book, cookie, [send(remote), datagram(1, remote)], index)
    }
    hearAll(book, 0xd, [connect()], 3)
    book.settle(() => owner())
    expect(book.takeLost()).toBe(0)
    expect(sums(book, 9)).toEqual([
      ['198.51.100.0', 1, expect.any(Number)],
      ['198.51.100.1', 1, undefined],
      ['198.51.100.2', 1, undefined],
    ])
    expect(book.knows(0xd)).toBe(true)
  })

  it('counts as lost what ends for a new one before it has sent: it may send unseen', () => {
    const book = createAttemptBook({ attempts: 4, destinations: 2, flows: 1, ends: 100 })
    hearAll(book, 0xa, [connectUdp()])
    hearAll(book, 0xb, [send(OTHER), datagram(1, OTHER)])
    expect(book.takeLost()).toBe(1)
    expect(book.knows(0xa)).toBe(false)
  })

  it('is not mixed up with TCP', () => {
    const book = bookOf([connect(), connectUdp(), datagram(1), send()])
    expect(rowsOf(book.tell([], now(5)))).toEqual([])
    const udp = bookOf([connectUdp(), connect(), datagram(1)])
    expect(rowsOf(udp.tell([], now(5)))).toMatchObject([{ protocol: 'udp' }])
  })
})
