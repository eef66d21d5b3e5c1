/** One server with a child, and its batches merged one after the other. */
import { mergeConnections } from '../../../daemon/connections/merge.ts'
import {
  type ConnectionsInput,
  type ConnectionsOutput,
  initialConnections,
} from '../../../daemon/connections/state.ts'
import { batchOf, inputOf, makeInstance, makeProcess } from './build.ts'

export const client = makeProcess(10, 1)
export const root = makeProcess(20, 10)
export const child = makeProcess(21, 20)
export const server = makeInstance(
  'a',
  [
    [root, 'server'],
    [child, 'child'],
  ],
  { ancestors: [client] },
)
export const OUT = ['192.168.1.5:40000', '203.0.113.9:443'] as const

/** Merges batch after batch, from an empty state unless one is given. */
export function run(inputs: readonly ConnectionsInput[], start = initialConnections([])) {
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

export const tick = (at: number, ...rows: Parameters<typeof batchOf>[1][]) =>
  inputOf(batchOf(at, rows.flat()), [server], client)
