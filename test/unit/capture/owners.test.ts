import { describe, expect, it } from 'vitest'
import type { HeldSockets } from '../../../daemon/capture/descriptors.ts'
import { createOwners, type Owners } from '../../../daemon/capture/owners.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'
import { watched } from './fakes.ts'

function row(inode: number | null): SocketRow {
  const end = { address: '127.0.0.1', port: 1, zone: null }
  return {
    protocol: 'tcp',
    state: 'established',
    local: end,
    remote: end,
    inode,
    cookie: null,
    uid: 0,
    cgroup: null,
    holders: [],
  }
}

/** Descriptors by pid, changed by the test; counts how often everything is read. */
function setUp(): {
  owners: Owners
  held: Map<number, number[] | 'unreadable'>
  reads: () => number
} {
  const held = new Map<number, number[] | 'unreadable'>()
  let reads = 0
  const read = async (_root: string, pid: number): Promise<HeldSockets> => {
    reads += 1
    const sockets = held.get(pid)
    if (sockets === undefined) return await Promise.resolve({ kind: 'gone' })
    if (sockets === 'unreadable') return { kind: 'unreadable' }
    return { kind: 'read', inodes: new Set(sockets) }
  }
  const breathe = async (): Promise<void> => await Promise.resolve()
  return { owners: createOwners({ procRoot: '/none', breathe, read }), held, reads: () => reads }
}

const pidsOf = (rows: readonly SocketRow[]): number[][] =>
  rows.map(({ holders }) => holders.map(({ pid }) => pid))

describe('createOwners', () => {
  it('names all holders, and none for a socket without inode', async () => {
    const { owners, held } = setUp()
    held.set(7, [100, 101])
    held.set(8, [101])
    owners.watch([watched(7), watched(8)])
    expect(pidsOf(await owners.fill([row(100), row(101), row(102), row(null)], true))).toEqual([
      [7],
      [7, 8],
      [],
      [],
    ])
  })

  it('reads descriptors only when a socket or the watch list is new', async () => {
    const { owners, held, reads } = setUp()
    held.set(7, [100])
    owners.watch([watched(7)])
    await owners.fill([row(100)], true)
    for (let i = 0; i < 5; i += 1) {
      owners.watch([watched(7)])
      expect(pidsOf(await owners.fill([row(100)], true))).toEqual([[7]])
    }
    expect(reads()).toBe(1)
    held.set(7, [100, 103])
    expect(pidsOf(await owners.fill([row(100), row(103)], true))).toEqual([[7], [7]])
    expect(reads()).toBe(2)
    held.set(9, [100])
    owners.watch([watched(7), watched(9)])
    expect(pidsOf(await owners.fill([row(100)], true))).toEqual([[7, 9]])
  })

  it('looks twice for the owner of a new socket before it believes there is none', async () => {
    const { owners, held, reads } = setUp()
    held.set(7, [])
    owners.watch([watched(7)])
    await owners.fill([], true)
    await owners.fill([row(200)], true)
    held.set(7, [200])
    expect(pidsOf(await owners.fill([row(200)], true))).toEqual([[7]])
    const before = reads()
    await owners.fill([row(200), row(300)], true)
    await owners.fill([row(200), row(300)], true)
    await owners.fill([row(200), row(300)], true)
    await owners.fill([row(200), row(300)], true)
    expect(reads()).toBe(before + 2)
  })

  it('reads everything at least every ten samples, so that a passed descriptor is found', async () => {
    const { owners, held } = setUp()
    held.set(7, [100])
    held.set(8, [])
    owners.watch([watched(7), watched(8)])
    await owners.fill([row(100)], true)
    held.set(8, [100])
    let seen: number[][] = []
    for (let i = 0; i < 10; i += 1) seen = pidsOf(await owners.fill([row(100)], true))
    expect(seen).toEqual([[7, 8]])
  })

  it('forgets a socket that is gone, because its number comes again', async () => {
    const { owners, held } = setUp()
    held.set(7, [100])
    held.set(8, [])
    owners.watch([watched(7), watched(8)])
    await owners.fill([row(100)], true)
    held.set(7, [])
    await owners.fill([], true)
    held.set(8, [100])
    expect(pidsOf(await owners.fill([row(100)], true))).toEqual([[8]])
  })

  it('forgets nothing after a sample that was cut short', async () => {
    const { owners, held, reads } = setUp()
    held.set(7, [100])
    owners.watch([watched(7)])
    await owners.fill([row(100)], true)
    await owners.fill([], false)
    expect(pidsOf(await owners.fill([row(100)], true))).toEqual([[7]])
    expect(reads()).toBe(1)
  })

  it('lists processes that cannot be read, and not those that are gone', async () => {
    const { owners, held } = setUp()
    held.set(7, 'unreadable')
    owners.watch([watched(7), watched(8)])
    await owners.fill([row(100)], true)
    expect(owners.unreadable()).toEqual([watched(7).key])
  })
})

describe('processes with very many descriptors', () => {
  it('are read up to a limit for all together, the rest is hidden', async () => {
    const links = new Map([
      [6, 3],
      [7, 19_000],
      [8, 15_000],
      [9, 19_500],
      [10, 18_000],
    ])
    let spent = 0
    const read = async (
      _root: string,
      pid: number,
      _breathe: unknown,
      { max = 0 }: { max?: number } = {},
    ): Promise<HeldSockets> => {
      const count = links.get(pid) ?? 0
      if (count > max) return await Promise.resolve({ kind: 'unreadable', links: count })
      spent += count
      return { kind: 'read', inodes: new Set([100 + pid]) }
    }
    const owners = createOwners({ procRoot: '/none', breathe: async () => {}, read })
    owners.watch([...links.keys()].map((pid) => watched(pid)))
    const rows = [...links.keys()].map((pid) => row(100 + pid))
    expect(pidsOf(await owners.fill(rows, true))).toEqual([[6], [], [8], [], [10]])
    expect(owners.unreadable()).toEqual([watched(7).key, watched(9).key])
    expect(spent).toBeLessThan(40_100)
  })
})

it('a reading that failed is done again with the next sample', async () => {
  let fails = false
  const owners = createOwners({
    procRoot: '/proc',
    breathe: async () => {},
    read: async () => {
      if (fails) throw new Error('no more files can be opened')
      return { kind: 'read', inodes: new Set([7]) }
    },
  })
  // By now it is settled that nobody watched holds it, so only the new process is a reason to read.
  for (let n = 0; n < 3; n += 1) await owners.fill([row(7)], true)
  owners.watch([watched(10)])
  fails = true
  await expect(owners.fill([row(7)], true)).rejects.toThrow('no more files')
  fails = false
  expect((await owners.fill([row(7)], true))[0]?.holders).toMatchObject([{ pid: 10 }])
})
