import { describe, expect, it, vi } from 'vitest'
import { createHostBook } from '../../../daemon/names/host-book.ts'
import type { AddressRecord, HostResolver } from '../../../daemon/names/host-book-resolver.ts'

type Answer = readonly AddressRecord[] | Error

function setUp(answers: Record<string, Answer> = {}) {
  const time = { wall: 1_000_000, monotonic: 5_000 }
  const zone = new Map(Object.entries(answers))
  const held: (() => void)[] = []
  let isHolding = false
  const ask = vi.fn<HostResolver['ask']>(async (host, family) => {
    if (isHolding) await new Promise<void>((resolve) => held.push(resolve))
    const answer =
      zone.get(`${host} ${family}`) ?? (family === 4 ? zone.get(host) : undefined) ?? []
    if (answer instanceof Error) throw answer
    return answer
  })
  const warn = vi.fn()
  const debug = vi.fn()
  const book = createHostBook({
    resolver: { ask, stop: () => undefined },
    clock: { wallMs: () => time.wall, monotonicMs: () => time.monotonic },
    log: { debug, warn },
  })
  return {
    book,
    ask,
    warn,
    debug,
    zone,
    held,
    hold: () => {
      isHolding = true
    },
    pass: (ms: number) => {
      time.wall += ms
      time.monotonic += ms
    },
    /** The machine slept: the monotonic clock stood still. */
    sleep: (ms: number) => {
      time.wall += ms
    },
    want: async (...hosts: string[]) => {
      book.want(new Set(hosts))
      await flush()
    },
    names: (address: string) => book.namesOf(address).map(({ host }) => host),
  }
}

/** Lets everything that waits for settled promises run. */
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const at = (address: string, ttl = 60): AddressRecord[] => [{ address, ttl }]
const MINUTE = 60_000

describe('when it asks', () => {
  it('asks both kinds once, and nothing new within the time to live', async () => {
    const { book, ask, want, pass } = setUp({ 'a.test': at('203.0.113.1', 120) })
    expect(book.freshness('a.test')).toBe('failed')
    book.want(new Set(['a.test']))
    expect(book.freshness('a.test')).toBe('pending')
    await flush()
    expect(book.freshness('a.test')).toBe('fresh')
    pass(119_000)
    await want('a.test')
    expect(ask.mock.calls).toEqual([
      ['a.test', 4],
      ['a.test', 6],
    ])
    pass(1_000)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(4)
  })

  it.each([
    [0, 29_999, 30_000],
    [86_400, 59 * MINUTE, 60 * MINUTE],
    [Number.NaN, 29_999, 30_000],
  ])('takes a time to live of %d s as bounded', async (ttl, early, due) => {
    const { ask, want, pass } = setUp({ 'a.test': at('203.0.113.1', ttl) })
    await want('a.test')
    pass(early)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(2)
    pass(due - early)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(4)
  })

  it('has at most four questions under way, and drops those that nobody wants any more', async () => {
    const { ask, want, hold, held } = setUp()
    hold()
    await want('a.test', 'b.test', 'c.test', 'd.test')
    expect(ask).toHaveBeenCalledTimes(4)
    await want('a.test', 'b.test', 'd.test')
    for (const release of held.splice(0)) release()
    await flush()
    expect(ask.mock.calls.slice(4)).toEqual([
      ['d.test', 4],
      ['d.test', 6],
    ])
  })

  it('does not call those too many that no nameserver is asked about', async () => {
    const { ask, want, warn } = setUp()
    await want('nas.local', 'a.test')
    expect(new Set(ask.mock.calls.map(([host]) => host))).toEqual(new Set(['a.test']))
    expect(warn).not.toHaveBeenCalled()
  })

  it('asks for the first 500 hosts, and says once that there are more', async () => {
    const { book, ask, want, warn } = setUp()
    const hosts = Array.from({ length: 600 }, (_, i) => `h${i}.test`)
    await want(...hosts)
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1_000))
    await want(...hosts)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(book.freshness('h599.test')).toBe('failed')
  })

  it('tries a failed host again later and later', async () => {
    const { book, ask, want, pass, zone, debug } = setUp({
      'a.test': new Error('a.test is secret'),
    })
    await want('a.test')
    expect(book.freshness('a.test')).toBe('failed')
    pass(4_999)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(2)
    pass(1)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(4)
    pass(9_999)
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(4)
    zone.set('a.test', at('203.0.113.1'))
    pass(1)
    await want('a.test')
    expect(book.freshness('a.test')).toBe('fresh')
    expect(JSON.stringify(debug.mock.calls)).not.toContain('a.test')
  })

  it('asks again after a sleep in which the monotonic clock stood still', async () => {
    const { book, ask, want, sleep } = setUp({ 'a.test': at('203.0.113.1', 3_600) })
    await want('a.test')
    sleep(8 * 60 * MINUTE)
    expect(book.freshness('a.test')).toBe('pending')
    await want('a.test')
    expect(ask).toHaveBeenCalledTimes(4)
  })

  it('asks nothing once it was stopped', async () => {
    const { book, ask, want } = setUp()
    book.stop()
    await want('a.test')
    expect(ask).not.toHaveBeenCalled()
  })
})

describe('what it knows', () => {
  it('keeps an address for ten minutes beyond its time to live, also when the server has ended', async () => {
    const { book, want, pass, names } = setUp({ 'a.test': at('203.0.113.1', 60) })
    await want('a.test')
    await want()
    expect(book.freshness('a.test')).toBe('failed')
    pass(11 * MINUTE)
    await want()
    expect(names('203.0.113.1')).toEqual(['a.test'])
    pass(1)
    expect(names('203.0.113.1')).toEqual([])
  })

  it('says that a host varies once a later answer has another address', async () => {
    const { book, want, pass, zone, names } = setUp({ 'a.test': at('203.0.113.1', 60) })
    await want('a.test')
    pass(MINUTE)
    await want('a.test')
    expect(book.varies('a.test')).toBe(false)
    zone.set('a.test', at('203.0.113.2', 60))
    pass(MINUTE)
    await want('a.test')
    expect(book.varies('a.test')).toBe(true)
    expect([names('203.0.113.1'), names('203.0.113.2')]).toEqual([['a.test'], ['a.test']])
  })

  it('is not fresh with one kind of address missing, but knows the other', async () => {
    const { book, want, names } = setUp({
      'a.test 4': at('203.0.113.1'),
      'a.test 6': new Error('no answer'),
    })
    await want('a.test')
    expect(book.freshness('a.test')).toBe('failed')
    expect(names('203.0.113.1')).toEqual(['a.test'])
  })

  it('stays fresh for a moment while the next answer fails, and no longer', async () => {
    const { book, want, pass, zone } = setUp({ 'a.test': at('203.0.113.1', 60) })
    await want('a.test')
    zone.set('a.test', new Error('no answer'))
    pass(MINUTE)
    await want('a.test')
    expect(book.freshness('a.test')).toBe('fresh')
    pass(30_001)
    expect(book.freshness('a.test')).toBe('failed')
  })

  it('keeps 64 addresses of a host, the latest, and one way of writing each', async () => {
    const many = Array.from({ length: 64 }, (_, i) => ({ address: `203.0.113.${i}`, ttl: 60 }))
    const { want, pass, zone, names } = setUp({ 'a.test': many })
    await want('a.test')
    zone.set('a.test', at('::ffff:198.51.100.1'))
    pass(MINUTE)
    await want('a.test')
    expect(names('203.0.113.0')).toEqual([])
    expect(names('203.0.113.63')).toEqual(['a.test'])
    expect(names('198.51.100.1')).toEqual(['a.test'])
  })

  it('takes nothing from an answer that is no address', async () => {
    const { book, want } = setUp({ 'a.test': at('not an address') })
    await want('a.test')
    expect(book.freshness('a.test')).toBe('failed')
    expect(book.namesOf('not an address')).toEqual([])
  })
})
