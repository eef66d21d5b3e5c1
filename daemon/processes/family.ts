/**
 * Who descends from the processes that are watched, folded from fork, exec and exit events. A double fork within a
 * millisecond leaves nothing in /proc that ties the grandchild to anybody: its events do. Pure, but for its own state.
 */
import type { Sighting } from '../ports.ts'

/** What became of the family since it was last asked. */
export interface FamilyNews {
  /** To be read now, parents before their children: members that were born or run another program. */
  readonly look: readonly Sighting[]
  /** Members that ended; in `look` too where they were born since. */
  readonly gone: readonly number[]
  /** One of the kin was born or runs another program: it may be a server. */
  readonly started: boolean
  /** Not all of it is known: events were lost, or there are more processes than are followed. Processes must be listed. */
  readonly incomplete: boolean
}

/** Fork, exec and exit are events of whole processes; each is true where it concerns the family. */
export interface Family {
  /**
   * Whose descendants matter from now on, told each tick: `members` of instances, and the `kin`, clients and what is
   * below them, where new copies of servers start. Descendants of a member count as members, of kin as kin.
   */
  watch(members: Iterable<number>, kin?: Iterable<number>): void
  has(pid: number): boolean
  /** `bornAtNs` is the kernel's time of the event (CLOCK_MONOTONIC); null where a child was found, not told. */
  fork(parent: number, child: number, bornAtNs: number | null): boolean
  exec(pid: number): boolean
  exit(pid: number): boolean
  /** Events were lost: what the next `watch` does not name is forgotten. */
  lose(): void
  take(): FamilyNews
  /**
   * Kin that were born since the last `watch` and live, each below its nearest forebear that lives: to be read right
   * before processes are listed, for a server that daemonised as it started has nothing else to tell whose it is.
   */
  newKin(): readonly Sighting[]
  readonly size: number
}

interface Entry {
  isMember: boolean
  readonly parent: number | null
  readonly bornAtNs: number | null
  /** Ended, but its number is not given to another process before its own fork is told. */
  isGone: boolean
  /** How many times `watch` has not named it. */
  unnamed: number
}

/** A fork bomb must not fill the memory: descendants beyond these are left to the listing of processes. */
const MAX_FAMILY = 20_000
/** One that `watch` never names is gone, or no kin: kept for the events that are still under way. */
const MAX_UNNAMED = 3
const MAX_CHAIN = 64

interface News {
  readonly look: Map<number, Sighting>
  readonly gone: number[]
  started: boolean
  incomplete: boolean
}

export function createFamily(limit = MAX_FAMILY): Family {
  const entries = new Map<number, Entry>()
  let news = noNews()
  let isLossy = false
  return {
    watch(members, kin = []) {
      const named = new Map<number, boolean>()
      for (const pid of kin) named.set(pid, false)
      for (const pid of members) named.set(pid, true)
      forgetStrangers(entries, named, isLossy ? 1 : MAX_UNNAMED)
      isLossy = false
      for (const [pid, isMember] of named) name(entries, pid, isMember)
    },
    has: (pid) => entries.has(pid),
    fork(parent, child, bornAtNs) {
      const above = entries.get(parent)
      const before = entries.get(child)
      // Named by `watch` before its fork was told: a listing can be ahead of the events.
      if (before?.isGone === false) return above !== undefined
      // Another process has its number now, and what was to be looked at of it is gone for good.
      if (entries.delete(child)) news.look.delete(child)
      if (above === undefined) return before !== undefined
      if (entries.size >= limit) {
        news.incomplete = true
        return true
      }
      const { isMember } = above
      entries.set(child, { isMember, parent, bornAtNs, isGone: false, unnamed: 0 })
      if (isMember) news.look.set(child, sightingOf(child, parent, bornAtNs))
      else news.started = true
      return true
    },
    exec(pid) {
      const entry = entries.get(pid)
      if (entry === undefined) return false
      if (!entry.isMember) news.started = true
      else if (!news.look.has(pid)) news.look.set(pid, { pid, parent: null })
      return true
    },
    exit(pid) {
      const entry = entries.get(pid)
      if (entry === undefined) return false
      if (entry.isMember && !entry.isGone && news.gone.length < limit) news.gone.push(pid)
      entry.isGone = true
      return true
    },
    lose() {
      isLossy = true
      news.incomplete = true
    },
    take() {
      if (!hasNews(news)) return NOTHING
      const { look, ...rest } = news
      news = noNews()
      return { ...rest, look: [...look.values()] }
    },
    newKin: () => livingKin(entries),
    get size() {
      return entries.size
    },
  }
}

const NOTHING: FamilyNews = { look: [], gone: [], started: false, incomplete: false }

function noNews(): News {
  return { look: new Map(), gone: [], started: false, incomplete: false }
}

function hasNews({ look, gone, started, incomplete }: News): boolean {
  return look.size > 0 || gone.length > 0 || started || incomplete
}

function name(entries: Map<number, Entry>, pid: number, isMember: boolean): void {
  const entry = entries.get(pid)
  if (entry === undefined)
    entries.set(pid, { isMember, parent: null, bornAtNs: null, isGone: false, unnamed: -1 })
  else {
    entry.isMember = isMember
    entry.unnamed = -1
  }
}

function forgetStrangers(
  entries: Map<number, Entry>,
  named: ReadonlyMap<number, boolean>,
  limit: number,
): void {
  for (const [pid, entry] of entries) {
    if (named.has(pid)) continue
    entry.unnamed = Math.max(entry.unnamed, 0) + 1
    if (entry.unnamed >= limit) entries.delete(pid)
  }
}

function livingKin(entries: ReadonlyMap<number, Entry>): readonly Sighting[] {
  const kin: Sighting[] = []
  for (const [pid, entry] of entries) {
    if (entry.isMember || entry.isGone || entry.unnamed !== 0 || entry.parent === null) continue
    kin.push(sightingOf(pid, livingForebear(entries, entry.parent), entry.bornAtNs))
  }
  return kin
}

/** The first above that lives, else the first: by then it may be known from a listing. */
function livingForebear(entries: ReadonlyMap<number, Entry>, parent: number): number {
  let pid = parent
  for (let level = 0; level < MAX_CHAIN; level += 1) {
    const entry = entries.get(pid)
    if (entry === undefined || !entry.isGone) return pid
    if (entry.parent === null) break
    pid = entry.parent
  }
  return parent
}

function sightingOf(pid: number, parent: number, bornAtNs: number | null): Sighting {
  return { pid, parent, ...(bornAtNs === null ? {} : { bornAtNs }) }
}
