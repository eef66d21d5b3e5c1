import { expect, it, vi } from 'vitest'
import { createLsofListenerOwners } from '../../../daemon/capture/lsof/listener-owners.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'

const listener = (port: number): SocketRow => ({
  protocol: 'udp',
  state: 'listen',
  local: { address: '127.0.0.1', port, zone: null },
  remote: null,
  inode: null,
  cookie: null,
  uid: null,
  cgroup: null,
  holders: [],
})

it('asks about one port at a time, and about no more than a few of very many', async () => {
  vi.useFakeTimers()
  try {
    let [running, most, asked] = [0, 0, 0]
    const runTool = async () => {
      asked += 1
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 100))
      running -= 1
      return { stdout: '', stderr: '', code: 1 } as never
    }
    const deps = { tool: '/usr/bin/lsof', runTool, monotonicMs: () => 0 }
    const owners = createLsofListenerOwners(deps, 1_000)
    const table = { at: 0, processes: new Map() }
    const answers = Promise.all(
      Array.from({ length: 200 }, (_, i) => owners.ownerOf(listener(2_000 + i), table)),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    expect(new Set((await answers).map(({ kind }) => kind))).toEqual(new Set(['unreadable']))
    expect([most, asked]).toEqual([1, 8])
    void owners.ownerOf(listener(9_000), table)
    await vi.advanceTimersByTimeAsync(200)
    expect(asked).toBe(9)
  } finally {
    vi.useRealTimers()
  }
})
