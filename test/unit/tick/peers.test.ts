import { describe, expect, it } from 'vitest'
import type { ListenerOwner } from '../../../daemon/ports.ts'
import { createPeerBook, type PeerInput } from '../../../daemon/tick/peers.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'
import { end, keyOf, makeInstance, makeProcess, NETNS, row, tableOf } from '../connections/build.ts'
import { connect } from '../judge/build.ts'

const database = makeProcess(70, 1, { executable: '/usr/bin/postgres' })
const server = makeProcess(20, 10)
const listener = row('0.0.0.0:5432', null, [], { inode: 7 })

const SNAPSHOT = {
  kind: 'snapshot',
  netns: NETNS,
  at: 1,
  complete: true,
  hostWide: false,
  rows: [],
} as const

function input(over: Partial<PeerInput> = {}): PeerInput {
  return {
    open: [connect('127.0.0.1:5432')],
    listeners: [{ netns: NETNS, row: listener }],
    snapshots: [{ ...SNAPSHOT, hostWide: true }],
    ownNetns: NETNS,
    table: tableOf(database, server),
    instances: [makeInstance('a', [[server, 'server']])],
    connectsOut: new Set(),
    isLocal: (address) => address.startsWith('127.'),
    ...over,
  }
}

function owners(answer: ListenerOwner) {
  const asked: SocketRow[] = []
  return {
    asked,
    ownerOf: async (asks: SocketRow) => {
      asked.push(asks)
      return answer
    },
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the peer book', () => {
  it('looks a stranger up once, off the tick, and then watches it', async () => {
    const source = owners({ kind: 'process', process: database })
    const book = createPeerBook(source)
    book.update(input())
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'pending' })
    await settled()
    book.update(input({ connectsOut: new Set([database.key]) }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({
      kind: 'process',
      pid: 70,
      name: 'postgres',
      instance: null,
      connectsOut: true,
    })
    expect(book.watched()).toEqual([database])
    book.update(input())
    expect(source.asked).toEqual([listener])
  })

  it('knows a watched listener at once', () => {
    const source = owners({ kind: 'none' })
    const book = createPeerBook(source)
    const held = { ...listener, holders: [{ process: keyOf(20), pid: 20 }] }
    book.update(input({ listeners: [{ netns: NETNS, row: held }] }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toMatchObject({ kind: 'process', instance: 'a' })
    expect(book.watched()).toEqual([])
    expect(source.asked).toEqual([])
  })

  it('says none where all listeners are listed, and asks where they are not', async () => {
    const source = owners({ kind: 'unreadable' })
    const book = createPeerBook(source)
    book.update(input({ listeners: [] }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'none' })
    book.update(input({ listeners: [], snapshots: [SNAPSHOT] }))
    await settled()
    book.update(input({ listeners: [], snapshots: [SNAPSHOT] }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'unreadable' })
    expect(source.asked).toMatchObject([{ state: 'listen', local: { port: 5432 } }])
  })

  it('asks nobody about a port that no listed listener has, another network, or what failed', async () => {
    const source = owners({ kind: 'none' })
    const book = createPeerBook(source)
    const listing = [{ ...SNAPSHOT, listsListeners: true as const }]
    book.update(input({ listeners: [], snapshots: listing }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'none' })
    book.update(input({ listeners: [], snapshots: [SNAPSHOT], ownNetns: 'net:[2]' }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'unreadable' })
    const open = [connect('127.0.0.1:5432', { outcome: 'refused' })]
    book.update(input({ open, listeners: [], snapshots: [SNAPSHOT] }))
    await settled()
    expect(source.asked).toEqual([])
    // Who takes datagrams is in no list.
    const udp = [connect('127.0.0.1:5432', { protocol: 'udp' })]
    book.update(input({ open: udp, listeners: [], snapshots: listing }))
    expect(source.asked).toHaveLength(1)
  })

  it('seeks outside who is reached over a bridge, and inside who has the same address there', async () => {
    const inside = 'net:[2]'
    const source = owners({ kind: 'process', process: database })
    const book = createPeerBook(source)
    const gateway = connect('10.88.0.1:5432', { netns: inside, local: end('10.88.0.9:40000') })
    const itself = connect('10.88.0.1:5432', { netns: inside, local: end('10.88.0.1:40000') })
    const loopback = connect('127.0.0.1:5432', { netns: inside, local: end('127.0.0.1:40000') })
    const own = { netns: inside, row: { ...listener, inode: 8 } }
    const given = input({
      open: [gateway, itself, loopback],
      snapshots: [
        { ...SNAPSHOT, hostWide: true },
        { ...SNAPSHOT, netns: inside, hostWide: true },
      ],
      isLocal: () => true,
    })
    book.update(given)
    await settled()
    book.update(given)
    expect(source.asked).toEqual([listener])
    expect(book.peerOf(gateway)).toMatchObject({ kind: 'process', pid: 70 })
    expect([book.peerOf(itself), book.peerOf(loopback)]).toEqual([
      { kind: 'none' },
      { kind: 'none' },
    ])
    // What the container listens on itself is not where the bridge leads.
    const both = { ...given, listeners: [own, ...given.listeners] }
    book.update(both)
    await settled()
    expect(source.asked).toEqual([listener, own.row, own.row])
    expect(book.peerOf(gateway)).toMatchObject({ kind: 'process', pid: 70 })
  })

  it('takes a listener of the other family for nobody', () => {
    const book = createPeerBook(owners({ kind: 'none' }))
    const alone = row('[::]:5432', null, [], { inode: 9, v6Only: true })
    book.update(input({ listeners: [{ netns: NETNS, row: alone }] }))
    expect(book.peerOf(connect('127.0.0.1:5432'))).toEqual({ kind: 'none' })
    const six = [connect('[::1]:5432')]
    book.update(input({ open: six, isLocal: () => true }))
    expect(book.peerOf(connect('[::1]:5432'))).toEqual({ kind: 'none' })
  })

  it('asks for who is outside where no listeners are listed', () => {
    const source = owners({ kind: 'none' })
    const book = createPeerBook(source)
    const open = [connect('10.88.0.1:5432', { netns: 'net:[2]', local: end('10.88.0.9:40000') })]
    book.update(input({ open, listeners: [], snapshots: [SNAPSHOT], isLocal: () => true }))
    expect(source.asked).toMatchObject([{ inode: null, local: { address: '10.88.0.1' } }])
  })

  it('forgets an answer when its connection is gone', async () => {
    const source = owners({ kind: 'none' })
    const book = createPeerBook(source)
    book.update(input())
    await settled()
    book.update(input({ open: [] }))
    book.update(input())
    expect(source.asked).toHaveLength(2)
  })
})
