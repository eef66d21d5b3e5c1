import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerFor } from '../../../daemon/tick/listening-answer.ts'
import { listenersAt, placesOf } from '../../../daemon/tick/listening-places.ts'
import { addressesHere } from '../../../shared/address/this-machine.ts'
import type { Container } from '../../../shared/model/container.ts'
import type { Server } from '../../../shared/model/server.ts'
import { row, tableOf } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'

const SELF = new Set(['192.168.1.5', 'fd00::5'])
const entry = (host: string, id = host, port = 3001): Server =>
  makeServer(id, { transport: 'http', endpoint: { scheme: 'http', host, port } })
const listener = (address: string, over = {}) =>
  row(`${address.includes(':') ? `[${address}]` : address}:3001`, null, [], {
    state: 'listen',
    ...over,
  })

describe('a host leads here', () => {
  it.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['LOCALHOST.', ['127.0.0.1', '::1']],
    ['mcp.localhost', ['127.0.0.1', '::1']],
    ['127.8.8.8', ['127.8.8.8']],
    ['::1', ['::1']],
    ['::ffff:127.0.0.1', ['127.0.0.1']],
    ['0.0.0.0', ['127.0.0.1']],
    ['::', ['::1']],
    ['192.168.1.5', ['192.168.1.5']],
    ['fd00::5', ['fd00::5']],
  ])('%s', (host, addresses) => {
    expect(addressesHere(host, SELF)).toEqual(addresses)
  })

  it.each([
    '192.168.1.6',
    'example.com',
    'localhost.example.com',
    'notlocalhost',
    '169.254.169.254',
  ])('but not %s', (host) => {
    expect(addressesHere(host, SELF)).toBeNull()
  })

  it('or not, for any text at all', () => {
    fc.assert(
      fc.property(fc.string(), (host) => {
        const addresses = addressesHere(host, SELF)
        expect(addresses === null || addresses.length > 0).toBe(true)
      }),
    )
  })
})

describe('the places of entries', () => {
  it('are one for all entries that lead to it', () => {
    const servers = [entry('localhost', 'a'), entry('mcp.localhost', 'b'), entry('example.com')]
    expect(placesOf(servers, SELF)).toMatchObject([{ port: 3001, serverIds: ['a', 'b'] }])
  })

  const at = (host: string, ...addresses: string[]): string[] => {
    const [place] = placesOf([entry(host)], SELF)
    const rows = addresses.map((address) => listener(address))
    return place === undefined ? [] : listenersAt(place, rows).map(({ local }) => local.address)
  }

  it('are answered by the very address before all addresses', () => {
    expect(at('127.0.0.1', '0.0.0.0', '::', '127.0.0.1', '::1')).toEqual(['127.0.0.1'])
    expect(at('127.0.0.1', '0.0.0.0', '::')).toEqual(['0.0.0.0'])
    expect(at('127.0.0.1', '::')).toEqual(['::'])
    expect(at('127.0.0.1', '::1', '127.0.0.2', '192.168.1.5')).toEqual([])
    expect(at('::1', '0.0.0.0')).toEqual([])
    expect(at('192.168.1.5', '127.0.0.1', '0.0.0.0')).toEqual(['0.0.0.0'])
  })

  it('are answered at both addresses of localhost, by one socket once', () => {
    expect(at('localhost', '127.0.0.1', '::1')).toEqual(['127.0.0.1', '::1'])
    expect(at('localhost', '::')).toEqual(['::'])
    expect(at('localhost', '::', '127.0.0.1')).toEqual(['127.0.0.1', '::'])
  })

  it('are not answered over IPv4 by what takes IPv6 alone', () => {
    const [four, both] = placesOf([entry('127.0.0.1'), entry('localhost')], SELF)
    if (four === undefined || both === undefined) throw new Error('no place')
    const alone = listener('::', { v6Only: true })
    expect(listenersAt(four, [alone])).toEqual([])
    expect(listenersAt(both, [alone])).toEqual([alone])
  })

  it('are not answered by another port, by what is bound to an interface, by what is connected', () => {
    const [place] = placesOf([entry('127.0.0.1')], SELF)
    if (place === undefined) throw new Error('no place')
    const bound = listener('0.0.0.0')
    const rows = [
      row('127.0.0.1:3002', null, [], { state: 'listen' }),
      { ...bound, local: { ...bound.local, zone: 'eth0' } },
      row('127.0.0.1:3001', '127.0.0.1:9', []),
    ]
    expect(listenersAt(place, rows)).toEqual([])
  })
})

describe('a published port', () => {
  const container: Container = {
    id: 'c'.repeat(64),
    engine: 'docker',
    name: 'web',
    image: 'web',
    imageId: null,
    createdAt: 1,
    command: [],
    labels: new Map(),
    mounts: [],
    cidFile: null,
    interactive: false,
    network: 'own',
    published: [{ hostPort: 3001, port: 80 }],
    pid: 70,
    running: true,
  }
  const ask = (
    containers: readonly Container[],
    owners: Parameters<typeof answerFor>[0]['owners'] = [],
  ) => {
    const [place] = placesOf([entry('127.0.0.1')], SELF)
    if (place === undefined) throw new Error('no place')
    return answerFor({ place, owners, table: tableOf(), containers, isClient: () => false })
  }

  it('leads to its container, also where nobody listens or the one who does is hidden', () => {
    const found = { kind: 'container', id: container.id }
    expect(ask([container])).toEqual(found)
    expect(ask([container], [{ kind: 'unreadable' }])).toEqual(found)
  })

  it('does not where it is published at another address, or the container has ended', () => {
    const published = [{ hostPort: 3001, port: 80, address: '192.168.1.5' }]
    expect(ask([{ ...container, published }])).toEqual({ kind: 'nobody' })
    expect(ask([{ ...container, running: false }])).toEqual({ kind: 'nobody' })
  })

  it('is told as hidden where the container runs elsewhere, or two have the port', () => {
    expect(ask([{ ...container, pid: null }])).toEqual({
      kind: 'hidden',
      reason: 'container-elsewhere',
    })
    expect(ask([container, { ...container, id: 'd'.repeat(64) }])).toEqual({
      kind: 'hidden',
      reason: 'listener-not-told',
    })
  })
})
