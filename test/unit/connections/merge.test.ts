import { describe, expect, it } from 'vitest'
import { initialConnections } from '../../../daemon/connections/state.ts'
import { batchOf, inputOf, keyOf, makeProcess, row } from './build.ts'
import { client, OUT, run, server, tick } from './merging.ts'

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
