import { afterEach, describe, expect, it } from 'vitest'
import { createHostBook } from '../../daemon/names/host-book.ts'
import { createHostResolver } from '../../daemon/names/host-book-resolver.ts'
import type { HostBook } from '../../daemon/ports.ts'
import { type DnsServer, startDnsServer, type Zone } from '../helpers/dns-server.ts'
import { waitFor } from '../helpers/wait-for.ts'

const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
const log = { debug: () => undefined, warn: () => undefined }

let server: DnsServer | null = null
let book: HostBook | null = null
afterEach(async () => {
  book?.stop()
  await server?.close()
})

async function bookOver(zone: Zone): Promise<{ book: HostBook; server: DnsServer }> {
  server = await startDnsServer(zone)
  book = createHostBook({ resolver: createHostResolver([server.address]), clock, log })
  return { book, server }
}

/** Wants the hosts once, and waits until one of them is no longer pending. */
async function settle(of: HostBook, hosts: readonly string[], host: string): Promise<string> {
  of.want(new Set(hosts))
  return await waitFor(() => (of.freshness(host) === 'pending' ? null : of.freshness(host)), {
    what: `an answer for ${host}`,
    deadlineMs: 20_000,
  })
}

const hostsOf = (of: HostBook, address: string): string[] =>
  of.namesOf(address).map(({ host }) => host)

describe('the host book, over a nameserver on loopback', () => {
  it('knows both kinds of address, and the end of a chain of aliases', async () => {
    const { book, server } = await bookOver(
      new Map([
        [
          'api.service.test',
          [
            { type: 'CNAME', data: 'edge.network.test', ttl: 300 },
            { type: 'CNAME', name: 'edge.network.test', data: 'pop7.network.test', ttl: 60 },
            { type: 'A', name: 'pop7.network.test', data: '203.0.113.10', ttl: 60 },
            { type: 'AAAA', name: 'pop7.network.test', data: '2001:db8::10', ttl: 60 },
          ],
        ],
      ]),
    )
    expect(await settle(book, ['api.service.test'], 'api.service.test')).toBe('fresh')
    expect(hostsOf(book, '203.0.113.10')).toEqual(['api.service.test'])
    expect(hostsOf(book, '2001:db8::10')).toEqual(['api.service.test'])
    expect(hostsOf(book, '203.0.113.11')).toEqual([])
    expect(server.asked.toSorted()).toEqual(['A api.service.test', 'AAAA api.service.test'])
  })

  it('says when an address is that of several hosts', async () => {
    const at = (data: string) => [{ type: 'A' as const, data, ttl: 60 }]
    const { book } = await bookOver(
      new Map([
        ['one.test', at('203.0.113.20')],
        ['two.test', at('203.0.113.20')],
      ]),
    )
    await settle(book, ['one.test', 'two.test'], 'one.test')
    await settle(book, ['one.test', 'two.test'], 'two.test')
    expect(hostsOf(book, '203.0.113.20').toSorted()).toEqual(['one.test', 'two.test'])
    expect(book.namesOf('203.0.113.20').every(({ shared }) => shared)).toBe(true)
  })

  it('marks an address that is not on the internet, and what points at credentials', async () => {
    const { book } = await bookOver(
      new Map([
        [
          'rebound.test',
          ['127.0.0.1', '192.168.1.1', '169.254.169.254', '203.0.113.30'].map((data) => ({
            type: 'A' as const,
            data,
            ttl: 60,
          })),
        ],
      ]),
    )
    await settle(book, ['rebound.test'], 'rebound.test')
    const isPublic = (address: string) => book.namesOf(address).map((name) => name.isPublic)
    expect(isPublic('127.0.0.1')).toEqual([false])
    expect(isPublic('192.168.1.1')).toEqual([false])
    expect(isPublic('169.254.169.254')).toEqual([false])
    expect(isPublic('203.0.113.30')).toEqual([true])
  })

  it('fails for a name that does not exist, and for a server that cannot say', async () => {
    const { book } = await bookOver(new Map([['broken.test', 'failure']]))
    expect(await settle(book, ['missing.test'], 'missing.test')).toBe('failed')
    expect(await settle(book, ['broken.test'], 'broken.test')).toBe('failed')
  })

  it('asks nothing for an empty set, nor for what must not reach a nameserver', async () => {
    const { book, server } = await bookOver(
      new Map([['real.test', [{ type: 'A', data: '203.0.113.40', ttl: 60 }]]]),
    )
    book.want(new Set())
    book.want(
      new Set([
        'printer.local',
        'localhost',
        'x.onion',
        '203.0.113.41',
        '2001:db8::1',
        'a b.test',
        '',
      ]),
    )
    expect(book.freshness('printer.local')).toBe('failed')
    // A question that is asked afterwards arrives; so would the others have.
    await settle(book, ['real.test'], 'real.test')
    expect(server.asked.toSorted()).toEqual(['A real.test', 'AAAA real.test'])
  })

  it('asks nothing more once stopped, and lets go of what is under way', async () => {
    const zone: Zone = new Map([
      ['slow.test', 'silent'],
      ['slower.test', 'silent'],
    ])
    const { book, server } = await bookOver(zone)
    book.want(new Set(['slow.test', 'slower.test', 'waiting.test']))
    await waitFor(() => server.asked.length >= 4, { what: 'four questions', deadlineMs: 10_000 })
    book.stop()
    book.want(new Set(['late.test']))
    const other = createHostResolver([server.address])
    const pending = other.ask('slow.test', 4)
    // The question of another resolver comes last, and no other came before it.
    expect(await createHostResolver([server.address]).ask('after.test', 4)).toEqual([])
    other.stop()
    await expect(pending).rejects.toMatchObject({ code: 'ECANCELLED' })
    await expect(other.ask('after.test', 4)).rejects.toThrow('stopped')
    const names = new Set(server.asked.map((question) => question.split(' ')[1]))
    expect(names).toEqual(new Set(['slow.test', 'slower.test', 'after.test']))
  })
})
