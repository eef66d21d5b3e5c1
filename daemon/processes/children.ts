/**
 * New children of the family where the kernel tells no events: a process that forks spends CPU time, so whose clock
 * moved is asked for its children (/proc/PID/task/TID/children, proc(5)).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Clock } from '../ports.ts'
import type { Family } from './family.ts'
import { parseStat } from './proc-stat.ts'

export interface Children {
  /** Looks for children of these and of what is found, and folds them into the family; how many were new. */
  look(pids: readonly number[]): number
}

export interface ChildrenDeps {
  readonly procRoot?: string
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly family: Family
}

/** Node, Python and shells fork in their first thread: the others are asked less often, they cost a file each. */
const THREADS_EVERY_MS = 100
const MAX_THREADS = 256
/** Of one look: a fork bomb is left to the listing of processes. */
const MAX_NEW = 1_000

/** Total: what is gone or closed to us has no children. */
export function createChildren({ procRoot = '/proc', clock, family }: ChildrenDeps): Children {
  // Only where the kernel was built with CONFIG_PROC_CHILDREN.
  if (!existsSync(`${procRoot}/thread-self/children`)) return createListing(procRoot, family)
  let askedThreads = new Map<number, number>()
  const isDue = (pid: number, now: number): boolean =>
    now - (askedThreads.get(pid) ?? -THREADS_EVERY_MS) >= THREADS_EVERY_MS
  return {
    look(pids) {
      const now = clock.monotonicMs()
      const pending = [...pids]
      let found = 0
      for (let pid = pending.pop(); pid !== undefined && found < MAX_NEW; pid = pending.pop()) {
        const due = isDue(pid, now)
        if (due) askedThreads.set(pid, now)
        for (const thread of due ? threadsOf(procRoot, pid) : [pid]) {
          for (const child of childrenOf(procRoot, pid, thread)) {
            if (family.has(child) || !family.fork(pid, child, null)) continue
            found += 1
            pending.push(child)
          }
        }
      }
      askedThreads = new Map([...askedThreads].filter(([, at]) => now - at < THREADS_EVERY_MS))
      return found
    },
  }
}

function threadsOf(root: string, pid: number): readonly number[] {
  try {
    return numbersOf(readdirSync(`${root}/${pid}/task`)).slice(0, MAX_THREADS)
  } catch {
    return []
  }
}

function childrenOf(root: string, pid: number, thread: number): readonly number[] {
  try {
    const text = readFileSync(`${root}/${pid}/task/${thread}/children`, 'latin1')
    return text === '' ? [] : numbersOf(text.split(' '))
  } catch {
    return []
  }
}

/** Without that file: of the pids that are new since the last look, those whose parent is of the family. */
function createListing(root: string, family: Family): Children {
  let known: ReadonlySet<number> = new Set()
  return {
    look(pids) {
      if (pids.length === 0) return 0
      const all = listed(root)
      const parents = new Map<number, number>()
      for (const pid of all) {
        if (known.has(pid)) continue
        const parent = parentOf(root, pid)
        if (parent !== null) parents.set(pid, parent)
      }
      known = new Set(all)
      return adopt(parents, family)
    },
  }
}

/** Until nothing more is found: a child may have a smaller number than its parent. */
function adopt(parents: ReadonlyMap<number, number>, family: Family): number {
  let found = 0
  for (let before = -1; before !== found && found < MAX_NEW; ) {
    before = found
    for (const [child, parent] of parents)
      if (family.has(parent) && !family.has(child) && family.fork(parent, child, null)) found += 1
  }
  return found
}

function listed(root: string): readonly number[] {
  try {
    return numbersOf(readdirSync(root))
  } catch {
    return []
  }
}

function parentOf(root: string, pid: number): number | null {
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`))?.ppid ?? null
  } catch {
    return null
  }
}

function numbersOf(names: readonly string[]): readonly number[] {
  return names.filter((name) => /^[1-9]\d{0,9}$/.test(name)).map(Number)
}
