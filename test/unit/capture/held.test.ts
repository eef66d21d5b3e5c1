import { expect, it } from 'vitest'
import type { heldSockets } from '../../../daemon/capture/descriptors.ts'
import { createHeldReader } from '../../../daemon/capture/held.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'

const watched = (pid: number): WatchedProcess => ({
  key: `boot:${pid}:1:0` as WatchedProcess['key'],
  pid,
  netns: null,
  kind: 'member',
})

/** Process 1 holds socket 11; process 2 has 10,000 descriptors, socket 22 among them. */
function setting() {
  const asked: [pid: number, max: number][] = []
  const readOne: typeof heldSockets = async (_root, pid, _breathe, options) => {
    const max = options?.max ?? 0
    asked.push([pid, max])
    if (pid === 2 && max < 10_000) return { kind: 'unreadable', links: 10_000 }
    return { kind: 'read', inodes: new Set([pid * 11]) }
  }
  const reader = createHeldReader('/proc', async () => {}, readOne)
  const reads = (): number => asked.filter(([pid, max]) => pid === 2 && max >= 10_000).length
  return { reader, reads }
}

it('does not read a process with very many descriptors for sockets that others hold', async () => {
  const { reader, reads } = setting()
  const { held, unreadable } = await reader.read([watched(1), watched(2)], false, new Set([11]))
  expect([...held.keys()]).toEqual([11])
  expect([unreadable.size, reads()]).toEqual([0, 0])
})

it('reads it where a socket is missing, and where everything is asked for', async () => {
  const { reader, reads } = setting()
  const some = await reader.read([watched(1), watched(2)], false, new Set([11, 22]))
  const all = await reader.read([watched(1), watched(2)], false)
  expect([some.held.has(22), all.held.has(22), reads()]).toEqual([true, true, 2])
})
