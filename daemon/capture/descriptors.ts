/** Which sockets a process holds, from the links in /proc/PID/fd (proc(5)). Linux only. */
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as yieldLoop } from 'node:timers/promises'
import { isOutOfFiles, outOfFiles } from '../../shared/errors.ts'

export type HeldSockets =
  | { readonly kind: 'read'; readonly inodes: ReadonlySet<number> }
  /** Not ours to read: another user, not dumpable, setuid; or more descriptors (`links`) than were to be read. */
  | { readonly kind: 'unreadable'; readonly links?: number }
  | { readonly kind: 'gone' }

/** Reading takes about 8 µs a descriptor: a process must not slow everybody's watching by opening very many. */
export const MAX_DESCRIPTORS = 20_000
const MAX_THREADS = 512
/** Names listed for the threads of one process; some 0.2 µs each. */
const MAX_THREAD_NAMES = 1_000_000
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

export interface ReadOptions {
  /** Look at threads too: one can have descriptors of its own (unshare(2), CLONE_FILES), or outlive the first one. */
  readonly threads?: boolean
  /** More descriptors than this are not read; default MAX_DESCRIPTORS. */
  readonly max?: number
}

/**
 * Sockets held by `pid`. Rejects with McpWatchError OUT_OF_FILES alone. The links are read synchronously, in slices: through the thread pool each would cost ten
 * times as much.
 */
export async function heldSockets(
  procRoot: string,
  pid: number,
  breathe: Breathe,
  { threads = false, max = MAX_DESCRIPTORS }: ReadOptions = {},
): Promise<HeldSockets> {
  const root = join(procRoot, String(pid))
  const folder = join(root, 'fd')
  const names = listNames(folder)
  if (!Array.isArray(names)) return names
  if (names.length > max) return { kind: 'unreadable', links: names.length }
  const inodes = new Set<number>()
  if (!(await readLinks(folder, names, inodes, breathe))) return { kind: 'unreadable' }
  if (threads && !(await readThreads(root, names, inodes, breathe, max)))
    return { kind: 'unreadable' }
  await breathe()
  return { kind: 'read', inodes }
}

/** False as soon as one link may not be read. */
async function readLinks(
  folder: string,
  names: readonly string[],
  inodes: Set<number>,
  breathe: Breathe,
): Promise<boolean> {
  for (const [index, name] of names.entries()) {
    if (index % 64 === 63) await breathe()
    const inode = socketInode(`${folder}/${name}`)
    if (inode === 'unreadable') return false
    if (inode !== null) inodes.add(inode)
  }
  return true
}

/**
 * Nearly always threads share one table; one with other descriptor numbers has its own and is read. False where
 * threads and descriptors together are too many.
 */
async function readThreads(
  root: string,
  names: readonly string[],
  inodes: Set<number>,
  breathe: Breathe,
  max: number,
): Promise<boolean> {
  const shared = names.join(' ')
  const threads = listNames(join(root, 'task'))
  if (!Array.isArray(threads)) return true
  const looked = threads.slice(0, MAX_THREADS)
  if (looked.length * names.length > MAX_THREAD_NAMES) return false
  for (const thread of looked) {
    const folder = join(root, 'task', thread, 'fd')
    const own = listNames(folder)
    if (Array.isArray(own) && own.length <= max && own.join(' ') !== shared) {
      await readLinks(folder, own, inodes, breathe)
    }
    await breathe()
  }
  return true
}

function listNames(folder: string): string[] | HeldSockets {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isOutOfFiles(error)) throw outOfFiles(error)
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
