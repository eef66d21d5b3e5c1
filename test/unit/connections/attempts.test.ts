/** What an engine tells that hears of each attempt: rows with cookie, outcome and end. */
import { describe, expect, it } from 'vitest'
import { mergeConnections } from '../../../daemon/connections/merge.ts'
import { type ConnectionsOutput, initialConnections } from '../../../daemon/connections/state.ts'
import type { Batch, SocketRow } from '../../../shared/model/observation.ts'
import { batchOf, inputOf, keyOf, makeInstance, makeProcess, row } from './build.ts'

const client = makeProcess(10, 1)
const server = makeInstance('a', [[makeProcess(20, 10), 'server']], { ancestors: [client] })
const FROM = '192.168.1.5:40000'
const NOWHERE = '0.0.0.0:0'
const TO = '203.0.113.9:443'

const attempt = (cookie: string, over: Partial<SocketRow> = {}): SocketRow =>
  row(FROM, TO, [20], { cookie, inode: null, outcome: 'established', firstSeen: 5, ...over })
const refused = (cookie: string, over: Partial<SocketRow> = {}): SocketRow =>
  attempt(cookie, { state: 'closing', outcome: 'refused', endedAt: 6, ...over })
const listener = row('192.168.1.5:40000', null, [20], { inode: 7 })

/** What each of these batches gives; an empty one came before, so that nothing was open before. */
function run(...batches: readonly Batch[]): readonly ConnectionsOutput[] {
  let state = initialConnections([])
  return [batchOf(1, []), ...batches]
    .map((batch) => {
      const output = mergeConnections(state, inputOf(batch, [server], client))
      state = output.state
      return output
    })
    .slice(1)
}

describe('the outcome of an attempt', () => {
  it.each(['refused', 'timed-out', 'abandoned', 'no-route'] as const)('%s is kept', (outcome) => {
    const [only] = run(batchOf(10, [refused('a', { outcome })]))
    expect(only?.opened).toMatchObject([{ outcome, cookie: 'a', firstSeen: 5 }])
    expect(only?.closed).toMatchObject([{ outcome, closedAt: 6 }])
  })

  it('is followed from the question to the answer', () => {
    const [asked, answered] = run(
      batchOf(10, [attempt('a', { state: 'syn-sent', outcome: 'unknown' })]),
      batchOf(11, [attempt('a')]),
    )
    expect(asked?.opened).toMatchObject([{ outcome: 'unknown' }])
    expect(answered?.opened).toEqual([])
    expect(answered?.updated).toMatchObject([{ outcome: 'established' }])
  })

  it('is not lost to an engine that does not know it', () => {
    const seen = attempt('a', { protocol: 'udp', state: 'connected', outcome: 'established' })
    const { outcome: _, ...sampled } = { ...seen, inode: 100 }
    const [, later] = run(batchOf(10, [seen]), batchOf(11, [sampled]))
    expect(later?.updated).toEqual([])
    expect(later?.open).toMatchObject([{ outcome: 'established', inode: 100 }])
  })

  it('is not lost to a look that sees no more than an address', () => {
    const udp = attempt('a', { protocol: 'udp', state: 'connected', outcome: 'refused' })
    const { outcome: _, ...sampled } = udp
    const [, later] = run(batchOf(10, [udp]), batchOf(11, [sampled]))
    expect(later?.open).toMatchObject([{ outcome: 'refused' }])
  })

  it('stays what was reached: an answer that came later takes nothing back', () => {
    const sent = attempt('a', { protocol: 'udp', state: 'connected' })
    const [, later] = run(batchOf(10, [sent]), batchOf(11, [{ ...sent, outcome: 'refused' }]))
    expect(later?.open).toMatchObject([{ outcome: 'established' }])
  })

  it('follows from the state where the engine tells that it does not know', () => {
    const outcomes = (['established', 'closing', 'syn-sent'] as const).map((state) => {
      const [only] = run(batchOf(10, [attempt('a', { state, outcome: 'unknown' })]))
      return only?.opened[0]?.outcome
    })
    expect(outcomes).toEqual(['established', 'unknown', 'unknown'])
  })

  it('makes it outbound, also from a port that is listened on', () => {
    const [first, second] = run(
      batchOf(10, [listener]),
      batchOf(11, [listener, attempt('a'), row(FROM, '203.0.113.10:1', [20], { inode: 8 })]),
    )
    expect(first?.opened).toEqual([])
    expect(second?.opened.map(({ direction }) => direction)).toEqual(['outbound', 'inbound'])
  })

  it('was not open before, although it is in the first batch of all', () => {
    const { opened } = mergeConnections(
      initialConnections([]),
      inputOf(batchOf(10, [attempt('a')]), [server], client),
    )
    expect(opened).toMatchObject([{ openedBefore: false, firstSeen: 5 }])
  })
})

describe('sockets with the same two ends', () => {
  it('are as many connections as there are cookies, one over and one open', () => {
    const [only] = run(batchOf(10, [refused('a'), attempt('b', { firstSeen: 7 })]))
    expect(only?.opened).toMatchObject([
      { cookie: 'a', firstSeen: 5, outcome: 'refused' },
      { cookie: 'b', firstSeen: 7, outcome: 'established' },
    ])
    expect(only?.closed).toMatchObject([{ cookie: 'a' }])
    expect(only?.open).toMatchObject([{ cookie: 'b' }])
  })

  it('go on each for itself in the next batch', () => {
    const both = [attempt('a'), attempt('b')]
    const [first, second, third] = run(
      batchOf(10, both),
      batchOf(11, both.toReversed()),
      batchOf(12, [attempt('b')]),
    )
    const idOfB = first?.opened.find(({ cookie }) => cookie === 'b')?.id
    expect([second?.opened, second?.updated, second?.closed]).toEqual([[], [], []])
    expect(third?.closed).toMatchObject([{ cookie: 'a' }])
    expect(third?.open).toMatchObject([{ cookie: 'b', id: idOfB }])
  })

  it('are a hundred when a hundred attempts found no route, in one batch or in many', () => {
    const all = Array.from({ length: 100 }, (_, n) =>
      refused(`c${n}`, { local: row(NOWHERE, TO).local, outcome: 'no-route', firstSeen: 5 + n }),
    )
    const [one] = run(batchOf(200, all))
    const many = run(...all.map((each, n) => batchOf(200 + n, [each])))
    for (const outputs of [one === undefined ? [] : [one], many]) {
      const opened = outputs.flatMap((output) => output.opened)
      expect(new Set(opened.map(({ id }) => id)).size).toBe(100)
      expect(opened.map(({ firstSeen }) => firstSeen)).toEqual(all.map((each) => each.firstSeen))
      expect(outputs.flatMap(({ closed }) => closed)).toHaveLength(100)
      expect(outputs.reduce((sum, { counts }) => sum + counts.owned, 0)).toBe(100)
    }
  })

  it('are several connections of one socket that tried again, in one batch or in two', () => {
    const tries = [refused('a'), refused('a', { firstSeen: 8, endedAt: 9 })]
    const [one] = run(batchOf(10, tries))
    const two = run(...tries.map((each, n) => batchOf(10 + n, [each])))
    for (const outputs of [one === undefined ? [] : [one], two]) {
      const closed = outputs.flatMap((output) => output.closed)
      expect(new Set(closed.map(({ id }) => id)).size).toBe(2)
      expect(closed.map(({ firstSeen }) => firstSeen)).toEqual([5, 8])
    }
  })

  it('are one while the cookie is the same, whatever is learned of the inode', () => {
    const [first, second, third] = run(
      batchOf(10, [attempt('a')]),
      batchOf(11, [attempt('a', { inode: 100 })]),
      batchOf(12, [attempt('a', { inode: 200 })]),
    )
    expect([second, third].map((output) => output?.opened)).toEqual([[], []])
    expect(third?.open).toMatchObject([{ id: first?.opened[0]?.id }])
  })

  it('are one when the local port is learned after the first look', () => {
    const udp = { protocol: 'udp', state: 'connected', outcome: 'addressed' } as const
    const [first, second, third] = run(
      batchOf(10, [attempt('a', { ...udp, local: row(NOWHERE, TO).local }), attempt('b', udp)]),
      batchOf(11, [attempt('a', { ...udp, outcome: 'established' }), attempt('b', udp)]),
      batchOf(12, [attempt('a', { ...udp, outcome: 'established' }), attempt('b', udp)]),
    )
    const idOfA = first?.opened.find(({ cookie }) => cookie === 'a')?.id
    expect([second?.opened, second?.closed]).toEqual([[], []])
    expect(second?.updated).toMatchObject([{ id: idOfA, local: { port: 40000 } }])
    expect([third?.opened, third?.updated, third?.closed]).toEqual([[], [], []])
  })

  it('began each when its own row says, whoever tells of them', () => {
    const sampled = (cookie: string, firstSeen: number) =>
      row(FROM, TO, [20], { cookie, firstSeen })
    const [only] = run(batchOf(10, [sampled('a', 3), sampled('b', 7)]))
    expect(only?.opened.map(({ firstSeen }) => firstSeen)).toEqual([3, 7])
  })

  it('are known by the cookie before one that may be anybody', () => {
    const [first, second] = run(
      batchOf(10, [row(FROM, TO, [20], { inode: null }), attempt('b')]),
      batchOf(11, [attempt('b')]),
    )
    expect(first?.opened.map(({ cookie }) => cookie)).toEqual([null, 'b'])
    expect(second?.open).toMatchObject([{ id: first?.opened[1]?.id }])
    expect(second?.closed).toMatchObject([{ id: first?.opened[0]?.id }])
  })

  it('are told apart by the inode where one side has no cookie', () => {
    const plain = (inode: number) => row(FROM, TO, [20], { inode })
    const [, same] = run(batchOf(10, [plain(100)]), batchOf(11, [attempt('a', { inode: 100 })]))
    const [, other] = run(batchOf(10, [plain(100)]), batchOf(11, [attempt('a', { inode: 101 })]))
    expect(same?.open).toMatchObject([{ inode: 100, cookie: 'a' }])
    expect([same?.opened.length, same?.closed.length]).toEqual([0, 0])
    expect([other?.opened.length, other?.closed.length]).toEqual([1, 1])
  })
})

describe('raw and packet sockets', () => {
  const raw = (pid: number) =>
    ({ holder: { process: keyOf(pid), pid }, family: 'packet', at: 9 }) as const

  it('are told of the instance whose member made them, also before it ran another program', () => {
    const later = { process: keyOf(20, 3), pid: 20 }
    const [only] = run({
      ...batchOf(10, []),
      rawSockets: [raw(20), raw(99), { ...raw(20), holder: later, family: 'ipv6' }],
    })
    expect(only?.rawSockets).toMatchObject([
      { instance: server.id, family: 'packet', at: 9, owner: { pid: 20, role: 'server' } },
      { instance: server.id, family: 'ipv6', at: 9 },
    ])
  })
})

describe('UDP sockets without a fixed destination', () => {
  const loose = row('0.0.0.0:5000', null, [20], { protocol: 'udp', state: 'unconnected' })

  it('are not observable, but for an engine that sees datagrams', () => {
    const [sampled, exact] = run(batchOf(10, [loose]), {
      ...batchOf(11, [loose]),
      seesDatagrams: true,
    })
    expect(sampled?.notObserved).toMatchObject([{ reason: 'unconnected-udp' }])
    expect(exact?.notObserved).toEqual([])
  })
})
