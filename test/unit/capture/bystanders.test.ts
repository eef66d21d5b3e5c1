import { describe, expect, it } from 'vitest'
import { createBystanders } from '../../../daemon/capture/bystanders.ts'
import type { HeldSockets } from '../../../daemon/capture/descriptors.ts'

function setUp() {
  const state = { now: 0, reads: [] as number[], held: new Map<number, number[]>() }
  const bystanders = createBystanders({
    procRoot: '/none',
    breathe: async () => {},
    monotonicMs: () => state.now,
    list: () => [...state.held.keys()],
    read: async (_root, pid): Promise<HeldSockets> => {
      state.reads.push(pid)
      return { kind: 'read', inodes: new Set(state.held.get(pid)) }
    },
  })
  return { bystanders, state }
}

describe('createBystanders', () => {
  it('leaves out what another program holds, and does not read the watched ones', async () => {
    const { bystanders, state } = setUp()
    state.held.set(7, [100]).set(8, [300])
    const found = await bystanders.unclaimed(new Set([100, 200]), new Set([8]))
    expect([...found]).toEqual([200])
    expect(state.reads).toEqual([7])
  })

  it('reads again only for new sockets, and not at once', async () => {
    const { bystanders, state } = setUp()
    state.held.set(7, [100])
    await bystanders.unclaimed(new Set([100, 200]), new Set())
    state.now = 60_000
    expect([...(await bystanders.unclaimed(new Set([100, 200]), new Set()))]).toEqual([200])
    expect(state.reads).toHaveLength(1)
    expect([...(await bystanders.unclaimed(new Set([200, 201]), new Set()))]).toEqual([200, 201])
    state.now += 1_000
    expect([...(await bystanders.unclaimed(new Set([201, 202]), new Set()))]).toEqual([201])
    expect(state.reads).toHaveLength(2)
  })
})
