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
/** Threads that are asked about, and those of them that are looked into for descriptors of their own. */
const MAX_THREADS = 32_768
const MAX_OWN_TABLES = 512
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

/** Whether two threads share their descriptors; null when that cannot be said. */
export type SharesTable = (thread: number, other: number) => boolean | null

export interface ReadOptions {
  /** Look at threads too: one can have descriptors of its own (unshare(2), CLONE_FILES), or outlive the first one. */
  readonly threads?: boolean
  /** More descriptors than this are not read; default MAX_DESCRIPTORS. */
  readonly max?: number
  /** Without it, threads are compared by the numbers of their descriptors, which are easily made the same. */
  readonly sharesTable?: SharesTable
}

/**
 * Sockets held by `pid`. Rejects with McpWatchError OUT_OF_FILES alone. The links are read synchronously, in slices: through the thread pool each would cost ten
 * times as much.
 */
export async function heldSockets(
  procRoot: string,
  pid: number,
  breathe: Breathe,
  { threads = false, max = MAX_DESCRIPTORS, sharesTable = () => null }: ReadOptions = {},
): Promise<HeldSockets> {
  const root = join(procRoot, String(pid))
  const folder = join(root, 'fd')
  const listed = listNames(folder)
  // Once the first thread has ended its folder is root's, those of the others are not: they are asked.
  const isFirstHidden = threads && !Array.isArray(listed) && listed.kind === 'unreadable'
  const names = isFirstHidden ? [] : listed
  if (!Array.isArray(names)) return names
  if (names.length > max) return { kind: 'unreadable', links: names.length }
  const inodes = new Set<number>()
  if (!(await readLinks(folder, names, inodes, breathe))) return { kind: 'unreadable' }
  if (threads) {
    const scene = { root, pid, names, isFirstHidden, max, sharesTable }
    const hidden = await readThreads(scene, inodes, breathe)
    if (hidden !== null) return hidden
  }
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

interface Threaded {
  readonly root: string
  readonly pid: number
  readonly names: readonly string[]
  /** `names` is empty because they were kept from us. */
  readonly isFirstHidden: boolean
  readonly max: number
  readonly sharesTable: SharesTable
}

/**
 * Nearly always threads share one table; one with its own is read. What is not null says why not all could be: a thread
 * that is passed over is where a server would keep what it hides.
 */
async function readThreads(
  { root, pid, names, isFirstHidden, max, sharesTable }: Threaded,
  inodes: Set<number>,
  breathe: Breathe,
): Promise<HeldSockets | null> {
  const threads = listNames(join(root, 'task'))
  if (!Array.isArray(threads)) return null
  if (threads.length > MAX_THREADS || (isFirstHidden && threads.length <= 1))
    return { kind: 'unreadable' }
  const tables = [pid]
  let [looked, links] = [0, names.length]
  for (const [index, thread] of threads.entries()) {
    if (index % 64 === 63) await breathe()
    const answer = isOfOneOf(tables, Number(thread), sharesTable)
    if (answer === true) continue
    looked += 1
    if (looked > MAX_OWN_TABLES || looked * names.length > MAX_THREAD_NAMES)
      return { kind: 'unreadable' }
    const folder = join(root, 'task', thread, 'fd')
    const own = listNames(folder)
    if (!Array.isArray(own)) {
      if (own.kind === 'unreadable') return own
      continue
    }
    await breathe()
    if (answer === null && own.join(' ') === names.join(' ')) continue
    tables.push(Number(thread))
    links += own.length
    if (links > max) continue
    if (!(await readLinks(folder, own, inodes, breathe))) return { kind: 'unreadable' }
  }
  return links > max ? { kind: 'unreadable', links } : null
}

/** The first table and the newest: where the first thread has ended all others share one that is not its. */
function isOfOneOf(
  tables: readonly number[],
  thread: number,
  sharesTable: SharesTable,
): boolean | null {
  const [first, last] = [tables[0] ?? thread, tables.at(-1) ?? thread]
  if (thread === first) return true
  const answer = sharesTable(thread, first)
  return answer === false && last !== first ? sharesTable(thread, last) : answer
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
