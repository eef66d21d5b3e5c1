/**
 * Who descends from the processes that are watched, folded from fork, exec and exit events. A double fork within a
 * millisecond leaves nothing in /proc that ties the grandchild to anybody: its events do. Pure, but for its own state.
 */
import type { Sighting } from '../ports.ts'
import {
  isOfMembers,
  isYoungerThan,
  type Life,
  livingForebear,
  livingKin,
  sightingOf,
} from './family-line.ts'
import { createFormerLives } from './former-lives.ts'

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
  /**
   * Whether who had this number at that moment (CLOCK_MONOTONIC) was a member or a descendant of one. Those that ended
   * are remembered for three `watch` and ten seconds, but for storms and where events were lost.
   */
  isMember(pid: number, atNs: number): boolean
  /**
   * What its fork told, as the news of it did; null where none was told, or where that is forgotten. `atNs`: of who had
   * this number then; by default of who had it last.
   */
  parentOf(pid: number, atNs?: number): Sighting | null
  readonly size: number
}

/** A fork bomb must not fill the memory: descendants beyond these are left to the listing of processes. */
const MAX_FAMILY = 20_000
/** One that `watch` never names is gone, or no kin: kept for the events that are still under way. */
const MAX_UNNAMED = 3
/** What a process did is told up to a tenth of a second after its end, on a machine under load a good deal later. */
const REMEMBERED_MS = 10_000

interface News {
  readonly look: Map<number, Sighting>
  readonly gone: number[]
  started: boolean
  incomplete: boolean
}

/** `monotonicMs` tells how long ago somebody ended. */
export function createFamily(
  limit = MAX_FAMILY,
  monotonicMs: () => number = () => performance.now(),
): Family {
  const lives = new Map<number, Life>()
  /** In the order of their ends. */
  const ended = new Set<number>()
  const former = createFormerLives()
  let news = noNews()
  let isLossy = false
  const forget = (pid: number): void => {
    lives.delete(pid)
    ended.delete(pid)
  }
  const forgetStrangers = (named: ReadonlyMap<number, boolean>): void => {
    const since = monotonicMs() - REMEMBERED_MS
    for (const [pid, life] of lives) {
      if (named.has(pid)) continue
      life.unnamed = Math.max(life.unnamed, 0) + 1
      const isAwaited = life.goneAt !== null && life.goneAt > since
      if (isLossy || (life.unnamed >= MAX_UNNAMED && !isAwaited)) forget(pid)
    }
    if (isLossy) former.forget()
  }
  const hasRoom = (): boolean => {
    if (lives.size < limit) return true
    for (const pid of ended) {
      if ((lives.get(pid)?.unnamed ?? 0) < 0) continue
      forget(pid)
      return true
    }
    return false
  }
  const lifeAt = (pid: number, atNs: number | null): Life | undefined => {
    const life = lives.get(pid)
    if (life !== undefined && !isYoungerThan(life, atNs)) return life
    return atNs === null ? undefined : former.at(pid, atNs)
  }
  return {
    watch(members, kin = []) {
      const named = new Map<number, boolean>()
      for (const pid of kin) named.set(pid, false)
      for (const pid of members) named.set(pid, true)
      forgetStrangers(named)
      isLossy = false
      for (const [pid, isMember] of named) name(lives, pid, isMember)
    },
    has: (pid) => lives.has(pid),
    fork(parent, child, bornAtNs) {
      const above = lives.get(parent)
      const before = lives.get(child)
      if (before?.goneAt === null) {
        // Named by `watch` before its fork was told: a listing can be ahead of the events.
        before.bornAtNs ??= bornAtNs
        return above !== undefined
      }
      if (before !== undefined) {
        // Another process has its number now, and what was to be looked at of it is gone for good.
        if (bornAtNs !== null) former.remember(child, before, bornAtNs)
        forget(child)
        news.look.delete(child)
      }
      if (above === undefined) return before !== undefined
      if (!hasRoom()) {
        news.incomplete = true
        return true
      }
      const { isMember } = above
      lives.set(child, { isMember, parent, bornAtNs, goneAt: null, unnamed: 0 })
      if (isMember) news.look.set(child, sightingOf(child, parent, bornAtNs))
      else news.started = true
      return true
    },
    exec(pid) {
      const life = lives.get(pid)
      if (life === undefined) return false
      if (!life.isMember) news.started = true
      else if (!news.look.has(pid)) news.look.set(pid, { pid, parent: null })
      return true
    },
    exit(pid) {
      const life = lives.get(pid)
      if (life === undefined) return false
      if (life.isMember && life.goneAt === null && news.gone.length < limit) news.gone.push(pid)
      life.goneAt ??= monotonicMs()
      ended.add(pid)
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
    newKin: () => livingKin(lives),
    isMember: (pid, atNs) => isOfMembers(lifeAt, pid, atNs),
    parentOf(pid, atNs) {
      const life = lifeAt(pid, atNs ?? null)
      if (life === undefined || life.parent === null) return null
      const { isMember, parent, bornAtNs } = life
      return sightingOf(pid, isMember ? parent : livingForebear(lives, parent), bornAtNs)
    },
    get size() {
      return lives.size
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

function name(lives: Map<number, Life>, pid: number, isMember: boolean): void {
  const life = lives.get(pid)
  if (life === undefined)
    lives.set(pid, { isMember, parent: null, bornAtNs: null, goneAt: null, unnamed: -1 })
  else {
    life.isMember = isMember
    life.unnamed = -1
  }
}
