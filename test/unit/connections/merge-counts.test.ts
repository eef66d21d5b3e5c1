import { describe, expect, it } from 'vitest'
import type { ConnectionsInput } from '../../../daemon/connections/state.ts'
import { row } from './build.ts'
import { OUT, run, tick } from './merging.ts'

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
