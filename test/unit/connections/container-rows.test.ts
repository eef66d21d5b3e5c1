/** Rows of a container's network that nobody may look into: whose they are, and when they are over. */
import { describe, expect, it } from 'vitest'
import { mergeConnections } from '../../../daemon/connections/merge.ts'
import { initialConnections } from '../../../daemon/connections/state.ts'
import type { Batch, SocketRow } from '../../../shared/model/observation.ts'
import { batchOf, inputOf, makeInstance, makeProcess, row } from './build.ts'

const netns = 'container:0123456789ab'
const inside = { netns, readable: false, uid: 0 } as const
const cli = makeProcess(20, 10)
const init = makeProcess(30, 29, inside)
const child = makeProcess(31, 30, inside)
const a = makeInstance('a', [
  [cli, 'launcher'],
  [child, 'child'],
  [init, 'server'],
])
const out = row('10.88.0.2:40000', '203.0.113.9:443', [])
const timeWait: SocketRow = { ...out, state: 'time-wait', inode: null, uid: null }
const there = (at: number, ...rows: readonly SocketRow[]): Batch => batchOf(at, rows, { netns })
const merge = (
  state: ReturnType<typeof initialConnections>,
  batch: Batch,
  ...instances: Parameters<typeof inputOf>[1]
): ReturnType<typeof mergeConnections> => mergeConnections(state, inputOf(batch, instances))

describe('in the network of one container', () => {
  it('what nobody is seen holding is the server’s, and not a candidate', () => {
    const { opened, notObserved, unreadable } = merge(initialConnections([]), there(2_000, out), a)
    expect(opened).toMatchObject([
      { instance: 'a', owner: { pid: 30, role: 'server' }, candidates: [], netns },
    ])
    expect([notObserved, [...unreadable]]).toEqual([[], []])
  })

  it('an attempt that nobody answers is the server’s too', () => {
    const attempt: SocketRow = { ...out, state: 'syn-sent' }
    const { opened } = merge(initialConnections([]), there(2_000, attempt), a)
    expect(opened).toMatchObject([{ owner: { pid: 30 }, outcome: 'unknown' }])
  })

  it('what came and went between two looks is told once, with its end', () => {
    const before = merge(initialConnections([]), there(2_000), a)
    const first = merge(before.state, there(3_000, timeWait), a)
    expect(first.opened).toMatchObject([{ owner: { pid: 30 }, outcome: 'established' }])
    expect(first.closed).toMatchObject([{ closedAt: 3_000, owner: { pid: 30 } }])
    expect(first.open).toEqual([])
    const second = merge(first.state, there(4_000, timeWait), a)
    expect([second.opened, second.closed, second.open]).toEqual([[], [], []])
  })

  it('one that was seen open ends when it waits, and is no second one', () => {
    const first = merge(initialConnections([]), there(2_000, out), a)
    const second = merge(first.state, there(3_000, timeWait), a)
    expect([second.opened, second.open]).toEqual([[], []])
    expect(second.closed).toMatchObject([{ id: first.opened[0]?.id, closedAt: 3_000 }])
  })

  it('what was over before a network was met is not told, but for a new container’s', () => {
    const late = merge(initialConnections([]), there(60_000, timeWait), a)
    expect(late.opened).toEqual([])
    const fresh = merge(initialConnections([]), there(5_000, timeWait), a)
    expect(fresh.opened).toHaveLength(1)
  })

  it('a connection that nobody has accepted yet is nobody’s', () => {
    const asked: SocketRow = { ...out, state: 'syn-received', inode: null, uid: null }
    expect(merge(initialConnections([]), there(2_000, asked), a).opened).toEqual([])
  })

  it('its listeners are the server’s', () => {
    const { listening } = merge(initialConnections([]), there(2_000, row('0.0.0.0:80', null)), a)
    expect(listening).toMatchObject([{ instance: 'a' }])
  })

  it('datagrams without a fixed destination are said to be unseen, whatever is told of others', () => {
    const unconnected = row('0.0.0.0:5353', null, [], { protocol: 'udp', state: 'unconnected' })
    const told: Batch = { ...there(2_000, unconnected), seesDatagrams: true }
    expect(merge(initialConnections([]), told, a).notObserved).toEqual([
      { instance: 'a', reason: 'unconnected-udp' },
    ])
  })
})

describe('nobody is told', () => {
  it('where members of two instances are in the network', () => {
    const other = makeInstance('b', [[makeProcess(40, 39, inside), 'server']])
    expect(merge(initialConnections([]), there(2_000, out), a, other).opened).toEqual([])
  })

  it('in a network that is not a container’s alone', () => {
    const elsewhere = batchOf(2_000, [out], { netns: 'net:[2]' })
    expect(merge(initialConnections([]), elsewhere, a).opened).toEqual([])
  })

  it('in a container’s network in which no member is', () => {
    const other = batchOf(2_000, [out], { netns: 'container:ffffffffffff' })
    expect(merge(initialConnections([]), other, a).opened).toEqual([])
  })
})

it('a container that was started again in a new network of the same name keeps nothing of the old one', () => {
  const first = merge(initialConnections([]), there(2_000, out), a)
  const again = makeInstance('a', [
    [cli, 'launcher'],
    [makeProcess(50, 49, inside), 'server'],
  ])
  const other = row('10.88.0.3:41000', '203.0.113.9:443', [], { inode: 101 })
  const second = merge(first.state, there(3_000, other), again)
  expect(second.closed).toMatchObject([{ id: first.opened[0]?.id }])
  expect(second.opened).toMatchObject([{ owner: { pid: 50 } }])
})

describe('a process that may not be looked into', () => {
  const hidden = { netns: null, readable: false, uid: 0 } as const
  const [unknown, other] = [makeProcess(60, 59, hidden), makeProcess(70, 10, hidden)]
  const loose = (netns: string): Batch => {
    const rows = [{ ...out, uid: 0, unclaimed: true as const }]
    return { ...batchOf(2_000, rows, { netns, unreadable: [unknown.key, other.key] }) }
  }
  const given = (netns: string, instance: Parameters<typeof inputOf>[1][number]): number => {
    const first = merge(initialConnections([]), loose(netns), instance)
    const second = merge(first.state, loose(netns), instance)
    return first.opened.length + second.opened.length
  }
  const container = { id: '0123456789ab', name: 'n', image: 'i' }

  it('may hold what nobody is seen holding, but not what is in a container’s network', () => {
    const alone = makeInstance('b', [[other, 'server']])
    expect([given('net:[1]', alone), given(netns, alone)]).toEqual([1, 0])
  })

  it('is not put in its place where it is in a container whose network is not known', () => {
    const contained = makeInstance('c', [[unknown, 'server']], { container })
    expect([given('net:[1]', contained), given(netns, contained)]).toEqual([0, 0])
    // And it is said that nothing is known.
    const { unreadable } = merge(initialConnections([]), loose('net:[1]'), contained)
    expect([...unreadable]).toEqual(['c'])
  })
})
