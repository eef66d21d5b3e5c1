/** Which sockets a process holds, from the links in /proc/PID/fd (proc(5)). Linux only. */
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as yieldLoop } from 'node:timers/promises'

export type HeldSockets =
  | { readonly kind: 'read'; readonly inodes: ReadonlySet<number> }
  /** Not ours to read: another user, not dumpable, setuid; or more descriptors than anyone should read. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'gone' }

/** Reading takes about 8 µs a descriptor: a process must not slow everybody's watching by opening very many. */
export const MAX_DESCRIPTORS = 20_000
/** Longest time without letting the event loop run. */
const SLICE_MS = 5

/** Lets the event loop run when this slice of work has been long enough. */
export type Breathe = () => Promise<void>

export function createBreathe(monotonicMs: () => number): Breathe {
  let sliceBegan = monotonicMs()
  return async () => {
    if (monotonicMs() - sliceBegan < SLICE_MS) return
    await yieldLoop()
    sliceBegan = monotonicMs()
  }
}

/**
 * Sockets held by `pid`. The links are read synchronously, in slices: through the thread pool each would cost ten
 * times as much.
 */
export async function heldSockets(
  procRoot: string,
  pid: number,
  breathe: Breathe,
  max: number = MAX_DESCRIPTORS,
): Promise<HeldSockets> {
  const folder = join(procRoot, String(pid), 'fd')
  const names = listNames(folder)
  if (!Array.isArray(names)) return names
  if (names.length > max) return { kind: 'unreadable' }
  const inodes = new Set<number>()
  for (const [index, name] of names.entries()) {
    if (index % 64 === 63) await breathe()
    const inode = socketInode(join(folder, name))
    if (inode === 'unreadable') return { kind: 'unreadable' }
    if (inode !== null) inodes.add(inode)
  }
  await breathe()
  return { kind: 'read', inodes }
}

function listNames(folder: string): string[] | HeldSockets {
  try {
    return readdirSync(folder)
  } catch (error) {
    return { kind: isDenied(error) ? 'unreadable' : 'gone' }
  }
}

/** `socket:[12345]` gives 12345; a descriptor that is something else, or closed since, gives null. */
function socketInode(link: string): number | null | 'unreadable' {
  try {
    const target = readlinkSync(link)
    if (!target.startsWith('socket:[') || !target.endsWith(']')) return null
    const inode = Number(target.slice(8, -1))
    return Number.isSafeInteger(inode) && inode > 0 ? inode : null
  } catch (error) {
    return isDenied(error) ? 'unreadable' : null
  }
}

/** True for "you may not", false for "it is not there (any more)". */
export function isDenied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EACCES' || code === 'EPERM'
}
