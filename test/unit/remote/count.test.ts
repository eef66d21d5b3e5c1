import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CountState, countReached, initialCount } from '../../../daemon/remote/count.ts'
import { NO_REACH, type Reach, reachOf } from '../../../daemon/remote/reach.ts'
import { uncounted } from '../../../daemon/remote/uncounted.ts'
import type { Batch, SocketRow } from '../../../shared/model/observation.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Endpoint, Server } from '../../../shared/model/server.ts'
import { makeInstance, makeProcess, NETNS, row, tableOf } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'

const SELF: ReadonlySet<string> = new Set(['198.51.100.4', '2001:db8::4'])

const client = makeProcess(10, 1)
const helper = makeProcess(11, 10)
const member = makeProcess(20, 10)
const below = makeProcess(21, 20)
const nested = makeProcess(30, 11)
const stranger = makeProcess(40, 1)
const table = tableOf(client, helper, member, below, nested, stranger)

const endpoint = (host: string, port = 443): Endpoint => ({ scheme: 'https', host, port })
const remote = (id: string, to: Endpoint, over: Partial<Server> = {}): Server =>
  makeServer(id, { transport: 'http', endpoint: to, ...over })

const NAMED = remote('named', endpoint('MCP.test.'))
const LITERAL = remote('literal', endpoint('203.0.113.9', 8443))

function reach(servers: readonly Server[] = [NAMED, LITERAL]): Reach {
  const instances = [
    makeInstance('a', [
      [member, 'server'],
      [below, 'child'],
    ]),
  ]
  const clients = [
    { id: 'cursor', process: client },
    { id: 'other', process: nested },
  ]
  return reachOf(NO_REACH, { servers, selfAddresses: SELF, table, instances, clients })
}

/** The first process is the client, and there is no other one. */
function alone(servers: readonly Server[], ...processes: readonly [Process, ...Process[]]): Reach {
  const clients = [{ id: 'cursor', process: processes[0] }]
  const table = tableOf(...processes)
  return reachOf(NO_REACH, { servers, selfAddresses: SELF, table, instances: [], clients })
}

const namesOf = (address: string) => (address === '203.0.113.1' ? [{ host: 'mcp.test' }] : [])

function batch(rows: readonly SocketRow[], at = 1000, complete = true): Batch {
  const snapshot = { kind: 'snapshot', netns: NETNS, at, complete, hostWide: false, rows } as const
  return { at, snapshots: [snapshot], unreadable: [] }
}

function fold(batches: readonly Batch[], over: Reach = reach()) {
  let state: CountState = initialCount('boot', [])
  const told = batches.map((each) => {
    const counted = countReached(state, each, over, namesOf)
    state = counted.state
    return counted.news
  })
  return { state, told }
}

const L = '192.0.2.5:4000'

describe('whose connections count', () => {
  it('is the client and what is below it, without servers and other clients', () => {
    expect(reach().processes.map(({ pid }) => pid)).toEqual([10, 11])
    expect([...reach().hosts]).toEqual(['mcp.test'])
  })

  it('is nobody while no such client runs, or nothing of it is elsewhere', () => {
    const loopback = ['localhost', 'x.localhost', '127.0.0.1', '::1', '0.0.0.0']
    const here = [...loopback, ...SELF, '2001:db8:0::4'].map((host) => remote(host, endpoint(host)))
    expect(reach(here).processes).toEqual([])
    expect(reach([makeServer('stdio')]).processes).toEqual([])
    expect(reach([remote('off', endpoint('mcp.test'), { disabled: true })]).processes).toEqual([])
    const absent = reach([remote('absent', endpoint('mcp.test'), { client: 'zed' })])
    expect([absent.processes, absent.hosts.size, absent.targets.hosts.size]).toEqual([[], 0, 1])
  })

  it('is nobody who cannot be looked into, and no sandbox', () => {
    const sandbox = makeProcess(12, 10, { netns: 'net:[7]' })
    const hidden = makeProcess(13, 10, { readable: false })
    const within = makeProcess(14, 13)
    const unknown = makeProcess(15, 10, { netns: null })
    const all = [client, sandbox, hidden, within, unknown] as const
    expect(alone([NAMED], ...all).processes.map(({ pid }) => pid)).toEqual([10, 15, 14])
  })

  it('is a bounded number of processes, nearest first', () => {
    const many = Array.from({ length: 2_000 }, (_, n) =>
      makeProcess(1_000 + n, n < 1_900 ? 11 : 10),
    )
    const found = alone([NAMED], client, helper, ...many).processes
    expect(found.length).toBe(200)
    expect(found.slice(0, 102).every(({ ppid }) => ppid === 10 || ppid === 1)).toBe(true)
  })
})

describe('counting', () => {
  it('takes what goes to the host or address, and nothing else', () => {
    const { state, told } = fold([
      batch([
        row(L, '203.0.113.1:443', [10]),
        row('192.0.2.5:4001', '203.0.113.9:8443', [11]),
        row('192.0.2.5:4002', '198.51.100.7:443', [10]),
        row('192.0.2.5:4003', '203.0.113.1:80', [10]),
        row('192.0.2.5:4004', '203.0.113.1:443', [40]),
        row('192.0.2.5:4005', '203.0.113.1:443', [20]),
        row('192.0.2.5:4006', '203.0.113.1:443', []),
        row('192.0.2.5:4007', '203.0.113.1:443', [10], { state: 'syn-sent' }),
        row('192.0.2.5:4008', '203.0.113.1:443', [10], { outcome: 'refused' }),
        row('192.0.2.5:4009', '203.0.113.1:443', [10], { protocol: 'udp', state: 'connected' }),
      ]),
    ])
    expect(
      told[0]?.contacts.map((each) => [each.serverId, each.address, each.connections]),
    ).toEqual([
      ['named', '203.0.113.1', 1],
      ['literal', '203.0.113.9', 1],
    ])
    expect(JSON.stringify([...state.open])).not.toMatch(/198\.51\.100|400[2-9]/)
  })

  it('counts each once, and tells when it opens and when it is over', () => {
    const one = row(L, '203.0.113.1:443', [10])
    const { told } = fold([
      batch([one], 1000),
      batch([one], 2000),
      batch([row(L, '203.0.113.1:443', [])], 3000),
      batch([], 4000, false),
      batch([], 5000),
      batch([], 6000),
    ])
    expect(told.map((news) => news?.contacts)).toMatchObject([
      [{ connections: 1, open: 1, firstSeen: 1000, lastSeen: 1000 }],
      undefined,
      undefined,
      undefined,
      [{ connections: 0, open: 0, lastSeen: 5000 }],
      undefined,
    ])
    expect(told[0]?.begins).toBe(true)
  })

  it('counts one that came and went between two batches', () => {
    const gone = row(L, '203.0.113.1:443', [10], { firstSeen: 300, endedAt: 900 })
    const { state, told } = fold([batch([]), batch([gone], 1000)])
    expect(told[0]).toEqual({ begins: true, contacts: [] })
    expect(told[1]).toMatchObject({
      begins: false,
      contacts: [{ connections: 1, open: 0, firstSeen: 300, lastSeen: 900 }],
    })
    expect(state.open.size).toBe(0)
  })

  it('knows a connection again that another engine tells otherwise, and one after it', () => {
    const same = (over: Partial<SocketRow>) => row(L, '203.0.113.1:443', [10], over)
    const { told } = fold([
      batch([same({ inode: 7, cookie: 'a1' })], 1000),
      batch([same({ inode: null, cookie: null })], 2000),
      batch([same({ endedAt: 2500 }), same({ firstSeen: 2600 })], 3000),
      batch([same({ firstSeen: 2600 })], 4000),
    ])
    const counted = told.map((news) => news?.contacts.map((each) => [each.connections, each.open]))
    expect(counted).toEqual([[[1, 1]], undefined, [[0, 0]], [[1, 1]]])
  })

  it('tells of both where two entries have the address', () => {
    const twin = remote('twin', endpoint('203.0.113.1'))
    const { told } = fold([batch([row(L, '203.0.113.1:443', [10])])], reach([NAMED, twin]))
    expect(told[0]?.contacts.map(({ serverId, open }) => [serverId, open])).toEqual([
      ['named', 1],
      ['twin', 1],
    ])
  })

  it('ends what it knows when its client does', () => {
    const first = countReached(
      initialCount('boot', []),
      batch([row(L, '203.0.113.1:443', [10])]),
      reach(),
      namesOf,
    )
    const over = countReached(first.state, batch([], 2000, false), NO_REACH, namesOf)
    expect(over.news?.contacts).toMatchObject([{ open: 0, connections: 0 }])
    expect(over.state.open.size).toBe(0)
    expect(countReached(over.state, batch([]), NO_REACH, namesOf).state).toBe(over.state)
  })

  it('never counts more than there are, and forgets all that is over', () => {
    const ends = fc.record({
      local: fc.integer({ min: 1, max: 4 }),
      remote: fc.constantFrom('203.0.113.1:443', '203.0.113.9:8443', '198.51.100.7:443'),
      pid: fc.constantFrom(10, 11, 20, 40),
    })
    const rows = fc.array(ends, { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(rows, fc.boolean()), { maxLength: 6 }), (samples) => {
        const batches = samples.map(([all, complete], n) =>
          batch(
            all.map((each) => row(`192.0.2.5:${each.local}`, each.remote, [each.pid])),
            1000 * n,
            complete,
          ),
        )
        const { state, told } = fold([...batches, batch([], 9_000)])
        const contacts = told.flatMap((news) => news?.contacts ?? [])
        const seen = samples.flatMap(([all]) => all.filter(({ pid }) => pid < 20)).length
        const sum = contacts.reduce((total, { connections }) => total + connections, 0)
        expect(sum).toBeLessThanOrEqual(seen)
        expect(contacts.some(({ address }) => address === '198.51.100.7')).toBe(false)
        expect(state.open.size).toBe(0)
        const last = new Map(
          contacts.map((each) => [`${each.serverId} ${each.address}`, each.open]),
        )
        expect([...last.values()].every((open) => open === 0)).toBe(true)
      }),
    )
  })
})

describe('what cannot be counted', () => {
  const on = { isOn: true, freshness: () => 'fresh' as const }
  const reasons = (over: Reach, lookups: Parameters<typeof uncounted>[2], netns = NETNS) => {
    const snapshots = batch([]).snapshots.map((each) => ({ ...each, netns }))
    return uncounted(over, { snapshots }, lookups).map(({ serverId, reason }) => [serverId, reason])
  }

  it('says why', () => {
    expect(reasons(reach(), on)).toEqual([])
    expect(reasons(reach(), { ...on, isOn: false })).toEqual([['named', 'name-lookup-off']])
    expect(reasons(reach(), { ...on, freshness: () => 'pending' })).toEqual([])
    expect(reasons(reach(), { ...on, freshness: () => 'failed' })).toEqual([
      ['named', 'name-not-found'],
    ])
    expect(reasons(reach(), on, 'net:[9]')).toEqual([
      ['named', 'client-not-readable'],
      ['literal', 'client-not-readable'],
    ])
    const sealed = makeProcess(10, 1, { readable: false })
    expect(reasons(alone([LITERAL], sealed), on)).toEqual([['literal', 'client-not-readable']])
    expect(reasons(NO_REACH, { ...on, isOn: false })).toEqual([])
  })
})
