import { describe, expect, it } from 'vitest'
import { batchOf, inputOf, keyOf, makeInstance, makeProcess, row } from './build.ts'
import { client, OUT, run, server, tick } from './merging.ts'

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
