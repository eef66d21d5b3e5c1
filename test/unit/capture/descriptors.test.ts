import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createBreathe, heldSockets } from '../../../daemon/capture/descriptors.ts'

let procRoot: string
let breaths: number
const breathe = async (): Promise<void> => {
  breaths += 1
  await Promise.resolve()
}

beforeEach(() => {
  breaths = 0
  procRoot = mkdtempSync(join(tmpdir(), 'mcp-watch-fd-'))
})
afterEach(() => {
  rmSync(procRoot, { recursive: true })
})

function descriptors(folder: string, targets: Readonly<Record<string, string>>): void {
  mkdirSync(join(procRoot, folder), { recursive: true })
  for (const [name, target] of Object.entries(targets)) {
    symlinkSync(target, join(procRoot, folder, name))
  }
}

it('takes sockets only, and reads nothing into names that look like one', async () => {
  descriptors('7/fd', {
    0: 'pipe:[9]',
    1: 'socket:[12]',
    2: '/tmp/socket:[13]',
    3: 'socket:[x]',
    4: 'socket:[12]',
    5: 'anon_inode:[eventpoll]',
  })
  expect(await heldSockets(procRoot, 7, breathe)).toEqual({ kind: 'read', inodes: new Set([12]) })
  expect(await heldSockets(procRoot, 8, breathe)).toEqual({ kind: 'gone' })
})

it('finds what only a thread holds, when asked for threads', async () => {
  const shared = { 0: 'pipe:[9]', 1: 'socket:[12]' }
  descriptors('7/fd', shared)
  descriptors('7/task/7/fd', shared)
  descriptors('7/task/8/fd', { ...shared, 2: 'socket:[13]' })
  const without = await heldSockets(procRoot, 7, breathe)
  const withThreads = await heldSockets(procRoot, 7, breathe, { threads: true })
  expect(without).toEqual({ kind: 'read', inodes: new Set([12]) })
  expect(withThreads).toEqual({ kind: 'read', inodes: new Set([12, 13]) })
})

it('reads a thread with a table of its own also where the numbers in it are the same', async () => {
  descriptors('7/fd', { 3: '/dev/null' })
  descriptors('7/task/7/fd', { 3: '/dev/null' })
  descriptors('7/task/8/fd', { 3: 'socket:[12]' })
  descriptors('7/task/9/fd', { 3: '/dev/null' })
  const asked: number[] = []
  const sharesTable = (thread: number): boolean => {
    asked.push(thread)
    return thread !== 8
  }
  const sockets = await heldSockets(procRoot, 7, breathe, { threads: true, sharesTable })
  expect(sockets).toEqual({ kind: 'read', inodes: new Set([12]) })
  expect(asked).toEqual([8, 9])
})

it('calls a process unreadable whose threads hold too much to be read', async () => {
  descriptors('7/fd', { 0: 'socket:[1]' })
  descriptors('7/task/8/fd', { 0: 'socket:[2]', 1: 'socket:[3]' })
  const options = { threads: true, max: 2, sharesTable: () => false }
  expect(await heldSockets(procRoot, 7, breathe, options)).toEqual({ kind: 'unreadable', links: 3 })
})

it('does not read more descriptors than anyone should have', async () => {
  descriptors('7/fd', { 0: 'socket:[1]', 1: 'socket:[2]' })
  expect(await heldSockets(procRoot, 7, breathe, { max: 1 })).toEqual({
    kind: 'unreadable',
    links: 2,
  })
})

it('stops for breath again and again', async () => {
  descriptors(
    '7/fd',
    Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [i, `socket:[${i}]`])),
  )
  await heldSockets(procRoot, 7, breathe)
  expect(breaths).toBeGreaterThan(10)
})

it('lets the event loop run once a slice is over, not before', async () => {
  let now = 0
  const real = createBreathe(() => now)
  let turns = 0
  const turn = setImmediate(() => {
    turns += 1
  })
  await real()
  expect(turns).toBe(0)
  now = 100
  await real()
  expect(turns).toBe(1)
  clearImmediate(turn)
})
