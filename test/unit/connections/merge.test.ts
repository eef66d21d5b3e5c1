import { describe, expect, it } from 'vitest'
import { mergeConnections } from '../../../daemon/connections/merge.ts'
import {
  type ConnectionsInput,
  type ConnectionsOutput,
  initialConnections,
} from '../../../daemon/connections/state.ts'
import { batchOf, inputOf, keyOf, makeInstance, makeProcess, row } from './build.ts'

const client = makeProcess(10, 1)
const root = makeProcess(20, 10)
const child = makeProcess(21, 20)
const server = makeInstance(
  'a',
  [
    [root, 'server'],
    [child, 'child'],
  ],
  { ancestors: [client] },
)
const OUT = ['192.168.1.5:40000', '203.0.113.9:443'] as const

/** Merges batch after batch, from an empty state unless one is given. */
function run(inputs: readonly ConnectionsInput[], start = initialConnections([])) {
  let state = start
  const outputs: ConnectionsOutput[] = []
  for (const input of inputs) {
    const output = mergeConnections(state, input)
    outputs.push(output)
    state = output.state
  }
  const last = outputs.at(-1)
  if (last === undefined) throw new Error('nothing to merge')
  return { outputs, last, state }
}

const tick = (at: number, ...rows: Parameters<typeof batchOf>[1][]) =>
  inputOf(batchOf(at, rows.flat()), [server], client)

describe('mergeConnections: life of a connection', () => {
  it('opens once, says nothing of a mere later sighting, closes when it is gone', () => {
    const held = [row(...OUT, [20])]
    const { outputs } = run([tick(1), tick(2, held), tick(3, held), tick(4)])
    expect(outputs.map((o) => [o.opened.length, o.updated.length, o.closed.length])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 1],
    ])
    expect(outputs[3]?.closed[0]).toMatchObject({ firstSeen: 2, lastSeen: 3, closedAt: 4 })
    expect(outputs[1]?.opened[0]).toMatchObject({ openedBefore: false, direction: 'outbound' })
  })

  it('marks what the first batch of all has as open before', () => {
    expect(run([tick(1, [row(...OUT, [20])])]).last.opened[0]?.openedBefore).toBe(true)
  })

  it('goes on with the same row after a restart, and closes what ended meanwhile', () => {
    const other = row('192.168.1.5:40001', '203.0.113.9:443', [20], { inode: 101 })
    const before = run([tick(1, [row(...OUT, [20]), other])])
    const seeded = initialConnections(before.last.open)
    const after = run([tick(9, [row(...OUT, [20])])], seeded).last
    expect(after.opened).toEqual([])
    expect(after.open.map(({ id }) => id)).toEqual([before.last.opened[0]?.id])
    expect(after.closed.map(({ id }) => id)).toEqual([before.last.opened[1]?.id])
    expect(after.counts).toEqual({ owned: 0, foreign: 0, unknown: 0 })
  })

  it('closes nothing by absence from a sample that was cut short', () => {
    const cut = inputOf(batchOf(2, [], { complete: false }), [server], client)
    const { outputs } = run([tick(1, [row(...OUT, [20])]), cut, tick(3)])
    expect(outputs.map((o) => o.closed.length)).toEqual([0, 0, 1])
  })

  it('closes what is in time-wait even then, and never opens for it', () => {
    const waiting = row(...OUT, [], { state: 'time-wait', inode: null })
    const cut = inputOf(batchOf(2, [waiting], { complete: false }), [server], client)
    const { outputs } = run([tick(1, [row(...OUT, [20])]), cut, tick(3, [waiting])])
    expect(outputs.map((o) => [o.opened.length, o.closed.length])).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
    ])
  })

  it('keeps a half-closed connection open while it is held, and closes it when nobody does', () => {
    const half = row(...OUT, [20], { state: 'closing' })
    const orphan = row(...OUT, [], { state: 'closing', inode: null, cookie: 'f' })
    const { outputs } = run([tick(1, [row(...OUT, [20])]), tick(2, [half]), tick(3, [orphan])])
    expect(outputs.map((o) => o.closed.length)).toEqual([0, 0, 1])
  })

  it('takes the same ends with another inode for another connection', () => {
    const again = row(...OUT, [20], { inode: 200 })
    const { last, outputs } = run([tick(1, [row(...OUT, [20])]), tick(2, [again])])
    expect([last.opened.length, last.closed.length]).toEqual([1, 1])
    expect(last.opened[0]?.id).not.toBe(outputs[0]?.opened[0]?.id)
  })

  it('tells reused ends apart where the tool knows no inode', () => {
    const bare = row(...OUT, [20], { inode: null })
    const { outputs } = run([tick(1, [bare]), tick(2), tick(3, [bare])])
    expect(outputs[2]?.opened[0]?.id).not.toBe(outputs[0]?.opened[0]?.id)
  })

  it('closes the connections of an instance that is gone', () => {
    const { last } = run([
      tick(1, [row(...OUT, [20])]),
      inputOf(batchOf(2, [row(...OUT)], { complete: false }), []),
    ])
    expect(last.closed).toHaveLength(1)
  })
})

describe('mergeConnections: owners', () => {
  it('gives a socket to the outermost member that holds it', () => {
    const { outputs } = run([tick(1, [row(...OUT, [21])]), tick(2, [row(...OUT, [21, 20])])])
    expect(outputs[0]?.opened[0]?.owner).toMatchObject({ pid: 21, role: 'child' })
    expect(outputs[1]?.updated[0]?.owner).toMatchObject({ pid: 20, role: 'server' })
  })

  it('knows a holder again after an exec', () => {
    const holders = [{ process: keyOf(20, 3), pid: 20 }]
    expect(run([tick(1, [row(...OUT, [], { holders })])]).last.opened).toHaveLength(1)
  })

  it('marks what an ancestor holds too as inherited, for good', () => {
    const { outputs } = run([tick(1, [row(...OUT, [10, 20])]), tick(2, [row(...OUT, [20])])])
    expect(outputs[0]?.opened[0]?.inherited).toBe(true)
    expect(outputs[1]?.open[0]?.inherited).toBe(true)
  })

  it('marks what an ancestor held alone, and passed on, as inherited', () => {
    const { last } = run([tick(1, [row(...OUT, [10])]), tick(2, [row(...OUT, [20])])])
    expect(last.opened[0]).toMatchObject({ inherited: true, owner: { pid: 20 } })
    const again = row(...OUT, [20], { inode: 99 })
    const { last: other } = run([tick(1, [row(...OUT, [10], { inode: 98 })]), tick(2, [again])])
    expect(other.opened[0]?.inherited).toBe(false)
  })

  it('keeps firstSeen when the owner is known only later', () => {
    const { last } = run([tick(1), tick(2, [row(...OUT)]), tick(3, [row(...OUT, [20])])])
    expect(last.opened[0]).toMatchObject({ firstSeen: 2, openedBefore: false })
    expect(last.counts.owned).toBe(1)
  })

  it('keeps the owner while nobody is seen holding the row', () => {
    const { last } = run([tick(1, [row(...OUT, [20])]), tick(2, [row(...OUT)])])
    expect(last.open[0]?.owner?.pid).toBe(20)
    expect(last.updated).toEqual([])
  })

  it('gives a socket of nested instances to the one above, and of two strangers to both', () => {
    const inner = makeInstance('inner', [[makeProcess(30, 21), 'server']])
    const stranger = makeInstance('stranger', [[makeProcess(40, 1), 'server']])
    const merge = (pids: number[]) =>
      run([inputOf(batchOf(1, [row(...OUT, pids)]), [server, inner, stranger], client)]).last.opened
    expect(merge([20, 30]).map((c) => c.instance)).toEqual(['a'])
    const both = merge([20, 40])
    expect(both.map((c) => [c.instance, c.inherited])).toEqual([
      ['a', false],
      ['stranger', false],
    ])
    expect(new Set(both.map((c) => c.id)).size).toBe(2)
  })

  it('closes a socket that only somebody else still holds', () => {
    const { last } = run([tick(1, [row(...OUT, [20])]), tick(2, [row(...OUT, [10])])])
    expect(last.closed).toHaveLength(1)
    expect(last.open).toEqual([])
  })
})

describe('mergeConnections: direction and outcome', () => {
  const accepted = row('192.168.1.5:8080', '203.0.113.9:50000', [20])

  it('takes a connection to a listened-on port for inbound, whoever listened', () => {
    const byParent = row('0.0.0.0:8080', null, [10], { inode: 1 })
    expect(run([tick(1, [byParent, accepted])]).last.opened[0]?.direction).toBe('inbound')
  })

  it('remembers a listener for ten minutes', () => {
    const listener = row('[::]:8080', null, [], { inode: 1 })
    const direction = (at: number) =>
      run([tick(1, [listener]), tick(2), tick(at, [accepted])]).last.opened[0]?.direction
    expect(direction(600_000)).toBe('inbound')
    expect(direction(600_002)).toBe('outbound')
  })

  it('never takes what was once on its way out for inbound', () => {
    const listener = row('192.168.1.5:8080', null, [20], { inode: 1 })
    const out = { ...accepted, state: 'syn-sent' as const, holders: [] }
    const { last } = run([tick(1, [out]), tick(2, [listener, accepted])])
    expect(last.opened[0]?.direction).toBe('outbound')
  })

  it('tells outcomes, and drops port 0', () => {
    const sent = row(...OUT, [20], { state: 'syn-sent' })
    const { outputs } = run([tick(1, [sent]), tick(2, [row(...OUT, [20])])])
    expect(outputs[0]?.opened[0]?.outcome).toBe('unknown')
    expect(outputs[1]?.updated[0]?.outcome).toBe('established')
    const udp = { protocol: 'udp' as const, state: 'connected' as const }
    const asked = row('192.168.1.5:40000', '203.0.113.9:0', [20], udp)
    const talking = row('192.168.1.5:40001', '203.0.113.9:443', [20], udp)
    expect(run([tick(1, [asked, talking])]).last.opened).toMatchObject([
      { outcome: 'addressed', remote: { port: 443 } },
    ])
  })

  it('says when UDP destinations cannot be seen', () => {
    const socket = row('0.0.0.0:5353', null, [21], { protocol: 'udp', state: 'unconnected' })
    expect(run([tick(1, [socket, socket])]).last.notObserved).toEqual([
      { instance: 'a', reason: 'unconnected-udp' },
    ])
  })

  it('names those that connect out, peers included, until they are gone', () => {
    const peer = makeProcess(50, 1)
    const rows = [
      row('192.168.1.5:40000', '203.0.113.9:443', [50]),
      row('127.0.0.1:40001', '127.0.0.1:5432', [20], { inode: 101 }),
    ]
    const { outputs } = run([
      inputOf(batchOf(1, rows), [server], client, peer),
      inputOf(batchOf(2, []), [server], client, peer),
      inputOf(batchOf(3, []), [server], client),
    ])
    expect(outputs.map((o) => [...o.connectsOut])).toEqual([[keyOf(50)], [keyOf(50)], []])
  })
})

describe('mergeConnections: what cannot be read', () => {
  const hidden = makeProcess(20, 10, { readable: false, cgroup: '/x' })
  const hiding = makeInstance('a', [[hidden, 'server']], { ancestors: [client] })
  const unreadable = [keyOf(20)]
  const alone = (...args: Parameters<typeof row>) => ({ ...row(...args), unclaimed: true as const })
  const look = (at: number, rows: Parameters<typeof batchOf>[1]) =>
    inputOf(batchOf(at, rows, { unreadable }), [hiding], client)

  it('lists rows of the same user and group as candidates at the second sighting', () => {
    const rows = [
      alone(...OUT, [], { cgroup: '/x' }),
      row('192.168.1.5:40005', '203.0.113.9:5', [], { cgroup: '/x' }),
      alone('192.168.1.5:40001', '203.0.113.9:1', [], { uid: 0 }),
      alone('192.168.1.5:40002', '203.0.113.9:2', [], { cgroup: '/y' }),
      row('192.168.1.5:40003', '203.0.113.9:3', [10], { cgroup: '/x' }),
      alone('127.0.0.1:40004', '127.0.0.1:4', [], { cgroup: '/x' }),
    ]
    const { outputs } = run([look(2000, rows), look(3000, rows), look(4000, [])])
    expect(outputs[0]?.opened).toEqual([])
    expect(outputs[1]?.opened).toMatchObject([
      { remote: { port: 443 }, owner: null, candidates: [{ pid: 20 }], firstSeen: 2000 },
    ])
    expect(outputs[2]?.closed).toHaveLength(1)
    expect([...(outputs[0]?.unreadable ?? [])]).toEqual(['a'])
  })

  it('lists none that were there before the instance, and no more than fifty', () => {
    const old = [alone(...OUT)]
    expect(run([look(1, old), look(2000, old)]).last.opened).toEqual([])
    const many = Array.from({ length: 60 }, (_, i) =>
      alone(`192.168.1.5:${40_000 + i}`, '203.0.113.9:443', [], { inode: 1000 + i }),
    )
    expect(run([look(2000, many), look(3000, many)]).last.opened).toHaveLength(50)
  })

  it('takes a process that is just ending for what it is', () => {
    const dying = inputOf(batchOf(2, [], { unreadable }), [server], client)
    expect(run([tick(1), dying]).last.unreadable.size).toBe(0)
    expect(run([tick(1), dying, dying]).last.unreadable.size).toBe(1)
  })

  it('makes a candidate an owned connection when the process can be read again', () => {
    const { last } = run([
      look(2000, [alone(...OUT)]),
      look(3000, [alone(...OUT)]),
      inputOf(batchOf(4000, [row(...OUT, [20])]), [hiding], client),
    ])
    expect(last.updated).toMatchObject([{ owner: { pid: 20 }, candidates: [] }])
    expect(last.open).toHaveLength(1)
  })
})

describe('mergeConnections: counts', () => {
  const counts = (...inputs: ConnectionsInput[]) =>
    run(inputs).outputs.reduce(
      (sum, { counts: c }) => [sum[0] + c.owned, sum[1] + c.foreign, sum[2] + c.unknown] as const,
      [0, 0, 0] as readonly [number, number, number],
    )

  it('counts an owned one once, its loopback mirror never', () => {
    const ends = ['127.0.0.1:40000', '127.0.0.1:5432'] as const
    const rows = [row(...ends, [20]), row(ends[1], ends[0], [], { inode: 7 })]
    expect(counts(tick(1, rows), tick(2, rows), tick(3, rows), tick(4))).toEqual([1, 0, 0])
  })

  it('counts a foreign one at its second sighting or its end', () => {
    const waiting = row(...OUT, [], { state: 'time-wait', inode: null })
    const loose = [row(...OUT)]
    expect(counts(tick(1), tick(2, loose), tick(3, loose), tick(4, loose))).toEqual([0, 1, 0])
    expect(counts(tick(1), tick(2, loose), tick(3, [waiting]), tick(4))).toEqual([0, 1, 0])
  })

  it('counts as unknown what was never seen with an owner', () => {
    const waiting = row(...OUT, [], { state: 'time-wait', inode: null })
    expect(counts(tick(1), tick(2, [waiting]), tick(3, [waiting]))).toEqual([0, 0, 1])
    expect(counts(tick(1), tick(2, [row(...OUT)]), tick(3))).toEqual([0, 0, 1])
  })

  it('leaves out listeners and what had ended before watching began', () => {
    const waiting = row(...OUT, [], { state: 'time-wait', inode: null })
    const listener = row('0.0.0.0:80', null, [20], { inode: 3 })
    expect(counts(tick(1, [waiting, listener]), tick(2, [waiting, listener]))).toEqual([0, 0, 0])
  })

  it('keeps no memory of rows that are gone', () => {
    const { state } = run([tick(1, [row(...OUT)]), tick(2)])
    expect([state.sightings.size, state.tallies.size, state.open.size]).toEqual([0, 0, 0])
  })
})
