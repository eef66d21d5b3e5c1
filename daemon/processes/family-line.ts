/** Who is above whom in a family, as their forks told. Pure. */
import type { Sighting } from '../ports.ts'

/** One life of a process number. */
export interface Life {
  isMember: boolean
  /** Null where it was named by a listing: its fork was not told. */
  readonly parent: number | null
  /** Time of its fork in ns of CLOCK_MONOTONIC; null where that is not known. */
  bornAtNs: number | null
  /** When its end was told, by the monotonic clock in ms. Its number is not given anew before another fork is told. */
  goneAt: number | null
  /** How many times `watch` has not named it; -1 when it was named by the last one. */
  unnamed: number
}

/** The life that a number had at a moment; a null moment means now. */
export type LifeAt = (pid: number, atNs: number | null) => Life | undefined

const MAX_CHAIN = 64

/** Whether this life began after that moment: it was another process then. */
export function isYoungerThan({ bornAtNs }: Life, atNs: number | null): boolean {
  return bornAtNs !== null && atNs !== null && atNs < bornAtNs
}

/**
 * A member, or below one: who was born of a server that nobody knew yet becomes a member with it, but nobody names it
 * any more once it has ended.
 */
export function isOfMembers(lifeAt: LifeAt, pid: number, atNs: number): boolean {
  let life = lifeAt(pid, atNs)
  for (let level = 0; life !== undefined && level < MAX_CHAIN; level += 1) {
    if (life.isMember) return true
    if (life.unnamed < 0 || life.parent === null) return false
    life = lifeAt(life.parent, life.bornAtNs)
  }
  return false
}

/** Kin that were born since the last `watch` and live, each below its nearest forebear that lives. */
export function livingKin(lives: ReadonlyMap<number, Life>): readonly Sighting[] {
  const kin: Sighting[] = []
  for (const [pid, life] of lives) {
    if (life.isMember || life.goneAt !== null || life.unnamed !== 0 || life.parent === null)
      continue
    kin.push(sightingOf(pid, livingForebear(lives, life.parent), life.bornAtNs))
  }
  return kin
}

/** The first above that lives, else the first: by then it may be known from a listing. */
export function livingForebear(lives: ReadonlyMap<number, Life>, parent: number): number {
  let pid = parent
  for (let level = 0; level < MAX_CHAIN; level += 1) {
    const life = lives.get(pid)
    if (life === undefined || life.goneAt === null) return pid
    if (life.parent === null) break
    pid = life.parent
  }
  return parent
}

export function sightingOf(pid: number, parent: number, bornAtNs: number | null): Sighting {
  return { pid, parent, ...(bornAtNs === null ? {} : { bornAtNs }) }
}
