/**
 * Sockets that other programs hold. Asked only while a watched process cannot be read: what somebody else is seen
 * holding is not the hidden one's, and is none of our business.
 */
import { readdirSync } from 'node:fs'
import { isOutOfFiles, outOfFiles } from '../../shared/errors.ts'
import { type Breathe, heldSockets } from './descriptors.ts'

export interface Bystanders {
  /** Of `inodes` those that no readable process holds, as far as was looked; `watched` are known by their owners. */
  unclaimed(inodes: ReadonlySet<number>, watched: ReadonlySet<number>): Promise<ReadonlySet<number>>
}

export interface BystandersDeps {
  readonly procRoot: string
  readonly breathe: Breathe
  readonly monotonicMs: () => number
  readonly read?: typeof heldSockets
  /** All pids of the moment; for tests. */
  readonly list?: () => readonly number[]
}

/** Reading everybody's descriptors takes about 0.1 s on a busy desktop (sliced); new sockets wait this long for it. */
const LOOK_EVERY_MS = 5_000

export function createBystanders(deps: BystandersDeps): Bystanders {
  const list = deps.list ?? (() => listPids(deps.procRoot))
  const read = deps.read ?? heldSockets
  let settled = new Map<number, 'held' | 'unclaimed'>()
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    async unclaimed(inodes, watched) {
      settled = new Map([...settled].filter(([inode]) => inodes.has(inode)))
      const isNew = [...inodes].some((inode) => !settled.has(inode))
      const now = deps.monotonicMs()
      if (isNew && now - lookedAt >= LOOK_EVERY_MS) {
        lookedAt = now
        const held = new Set<number>()
        for (const pid of list()) {
          if (watched.has(pid)) continue
          const sockets = await read(deps.procRoot, pid, deps.breathe)
          if (sockets.kind === 'read') for (const inode of sockets.inodes) held.add(inode)
        }
        for (const inode of inodes) settled.set(inode, held.has(inode) ? 'held' : 'unclaimed')
      }
      return new Set([...inodes].filter((inode) => settled.get(inode) === 'unclaimed'))
    },
  }
}

function listPids(procRoot: string): readonly number[] {
  try {
    return readdirSync(procRoot)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch (error) {
    if (isOutOfFiles(error)) throw outOfFiles(error)
    return []
  }
}
