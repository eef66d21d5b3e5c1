/** A connection whose owner ended with it, or before: what is told of its end is not lost. */
import { describe, expect, it } from 'vitest'
import { mergeConnections } from '../../../daemon/connections/merge.ts'
import { initialConnections } from '../../../daemon/connections/state.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'
import { batchOf, inputOf, keyOf, makeInstance, makeProcess, row } from './build.ts'

const client = makeProcess(10, 1)
const root = [makeProcess(20, 10), 'server'] as const
const child = [makeProcess(21, 20), 'child'] as const
const whole = makeInstance('a', [root, child], { ancestors: [client] })
const open = row('192.168.1.5:40000', '203.0.113.9:443', [21], {
  cookie: 'a',
  inode: null,
  outcome: 'established',
  bytes: null,
})
const over: SocketRow = {
  ...open,
  state: 'closing',
  endedAt: 15,
  bytes: { sent: 3, received: 4 },
}

describe('the end of a connection', () => {
  it.each([
    ['whose process ended', [makeInstance('a', [root], { ancestors: [client] })]],
    ['whose server ended', []],
    [
      'whose number is another program’s',
      [makeInstance('a', [root, [makeProcess(21, 20, { key: keyOf(22) }), 'child']])],
    ],
  ] as readonly (readonly [string, readonly Instance[]])[])('%s', (_, left) => {
    const first = mergeConnections(
      initialConnections([]),
      inputOf(batchOf(10, [open]), [whole], client),
    )
    expect(first.opened).toMatchObject([{ owner: { pid: 21 }, closedAt: null }])
    const second = mergeConnections(first.state, inputOf(batchOf(20, [over]), left, client))
    expect(second.opened).toEqual([])
    expect(second.open).toEqual([])
    expect(second.closed).toMatchObject([
      { closedAt: 15, bytes: { sent: 3, received: 4 }, owner: { pid: 21 } },
    ])
  })
})
