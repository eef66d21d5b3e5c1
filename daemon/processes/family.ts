/**
 * Who descends from the processes that are watched, folded from fork, exec and exit events. A double fork within a
 * millisecond leaves nothing in /proc that ties the grandchild to anybody: its events do. Pure, but for its own state.
 */
import type { Sighting } from '../ports.ts'

/** What became of the family since it was last asked. */
export interface FamilyNews {
  /** To be read now, parents before their children: those that were born, and those that run another program. */
  readonly look: readonly Sighting[]
  /** Ended; in `look` too where it was born since. */
  readonly gone: readonly number[]
  /** Not all of it is known: events were lost, or there are more processes than are followed. Processes must be listed. */
  readonly incomplete: boolean
}

/** Fork, exec and exit are events of whole processes; each is true where it concerns the family. */
export interface Family {
  /**
   * The pids whose descendants matter from now on, told each tick: members, and the clients and what is below them,
   * so that a new copy of a server is seen as it starts.
   */
  watch(pids: Iterable<number>): void
  has(pid: number): boolean
  /** `bornAtNs` is the kernel's time of the event (CLOCK_MONOTONIC); null where a child was found, not told. */
  fork(parent: number, child: number, bornAtNs: number | null): boolean
  exec(pid: number): boolean
  exit(pid: number): boolean
  /** Events were lost: what has not been told by `watch` by then is forgotten with the next `watch`. */
  lose(): void
  take(): FamilyNews
  readonly size: number
}

interface Entry {
  /** Ended, but its number is not given to another process before its own fork is told. */
  gone: boolean
  /** How many times `watch` has not named it. */
  unnamed: number
}

/** A fork bomb must not fill the memory: descendants beyond these are left to the listing of processes. */
const MAX_FAMILY = 20_000
/** One that `watch` never names is no kin (match said so) or gone: kept for the events that are still under way. */
const MAX_UNNAMED = 3

interface News {
  readonly look: Map<number, Sighting>
  readonly gone: number[]
  incomplete: boolean
}

export function createFamily(limit = MAX_FAMILY): Family {
  const entries = new Map<number, Entry>()
  let news = noNews()
  let isLossy = false
  return {
    watch(pids) {
      const named = new Set(pids)
      forgetStrangers(entries, named, isLossy ? 1 : MAX_UNNAMED)
      isLossy = false
      for (const pid of named) {
        const entry = entries.get(pid)
        if (entry === undefined) entries.set(pid, { gone: false, unnamed: 0 })
        else entry.unnamed = 0
      }
    },
    has: (pid) => entries.has(pid),
    fork(parent, child, bornAtNs) {
      const isKin = entries.has(parent)
      // Whoever had this number has ended, and what was to be looked at of it is gone for good.
      const before = entries.get(child)
      if (before !== undefined) {
        entries.delete(child)
        news.look.delete(child)
        if (!before.gone) news.gone.push(child)
      }
      if (!isKin) return before !== undefined
      if (entries.size >= limit) {
        news.incomplete = true
        return true
      }
      entries.set(child, { gone: false, unnamed: 0 })
      const born = bornAtNs === null ? {} : { bornAtNs }
      news.look.set(child, { pid: child, parent, ...born })
      return true
    },
    exec(pid) {
      if (!entries.has(pid)) return false
      if (!news.look.has(pid) && news.look.size < limit) news.look.set(pid, { pid, parent: null })
      return true
    },
    exit(pid) {
      const entry = entries.get(pid)
      if (entry === undefined) return false
      if (!entry.gone && news.gone.length < limit) news.gone.push(pid)
      entry.gone = true
      return true
    },
    lose() {
      isLossy = true
      news.incomplete = true
    },
    take() {
      if (news.look.size === 0 && news.gone.length === 0 && !news.incomplete) return NOTHING
      const { look, gone, incomplete } = news
      news = noNews()
      return { look: [...look.values()], gone, incomplete }
    },
    get size() {
      return entries.size
    },
  }
}

const NOTHING: FamilyNews = { look: [], gone: [], incomplete: false }

function noNews(): News {
  return { look: new Map(), gone: [], incomplete: false }
}

function forgetStrangers(entries: Map<number, Entry>, named: ReadonlySet<number>, limit: number) {
  for (const [pid, entry] of entries) {
    if (named.has(pid)) continue
    entry.unnamed += 1
    if (entry.unnamed >= limit) entries.delete(pid)
  }
}
