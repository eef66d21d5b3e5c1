/**
 * Processes that events told of between two samples: what was read of them while they lived, and who forked them. The
 * next table shows them once, even where they, or those between them and the family, ended before it. Pure.
 */
import type { Process } from '../../shared/model/process.ts'
import { ghostOf } from './ghost.ts'
import type { Known } from './proc-look.ts'

/** One sighting, its times in clock ticks since boot. */
export interface Sight {
  readonly parent: number | null
  /** When it must have started, null where that is not known. */
  readonly bornTicks: number | null
  /** What an event proved of it. */
  readonly lived: LivedAt | null
  /** Who has its number now; null where nobody has, or where that was not looked at. */
  readonly found: Known | null
  /** Who had its number in the last sample, or in the one before. */
  readonly known: Known | null
}

export interface LivedAt {
  readonly uid: number
  readonly comm: string
  readonly atTicks: number
}

export interface Seen {
  /** What was read of it since the last sample, or null. */
  entryOf(pid: number): Known | null
  /** Also where nothing could be read any more: its parent still ties its own children to the family. */
  note(pid: number, sight: Sight): void
  has(pid: number): boolean
  /**
   * What is to be shown of it, below its nearest forebear that was read or is in `told`, the last table. Null where
   * nothing was read of it, unless it `lived`.
   */
  shown(pid: number, told: Table): Process | null
  /** Adds what ended meanwhile and puts all below who forked them; then begins anew. `told` is the last table. */
  complete(processes: Map<number, Process>, told: Table): void
}

type Table = ReadonlyMap<number, Process>
type Find = (pid: number) => Process | undefined

interface Sighted {
  readonly entry: Known | null
  readonly parent: number | null
  readonly bornTicks: number | null
  readonly lived: LivedAt | null
}

/** Starts and forks are the same moment told by two clocks; a number is not given anew that fast. */
const BIRTH_TOLERANCE_TICKS = 50
/** A process tree that is deeper than this, between two samples, is not followed further. */
const MAX_CHAIN = 64
/** A fork bomb must not fill the memory. */
const MAX_SEEN = 20_000

export function createSeen(): Seen {
  let seen = new Map<number, Sighted>()
  /** Of the sample before: a child can be forked before it and be told of after it. */
  let earlier: ReadonlyMap<number, Sighted> = new Map()

  const readableOf = (pid: number): Process | undefined =>
    seen.get(pid)?.entry?.process ?? undefined
  const parentOf = (pid: number): number | null =>
    seen.get(pid)?.parent ?? earlier.get(pid)?.parent ?? null
  const forebear = (
    pid: number,
    parent: number | null,
    startTicks: number,
    find: Find,
  ): Process | null => {
    let above = parent
    for (let level = 0; above !== null && level < MAX_CHAIN; level += 1) {
      const found = find(above)
      if (found !== undefined && found.pid !== pid && found.startTicks <= startTicks) return found
      above = parentOf(above)
    }
    return null
  }
  const ghost = (pid: number, { entry, bornTicks, lived }: Sighted, find: Find): Process | null => {
    if (lived === null) return null
    const startTicks = bornTicks ?? entry?.startTicks ?? lived.atTicks
    const above = forebear(pid, parentOf(pid), startTicks, find)
    return above === null ? null : ghostOf(pid, startTicks, lived, above)
  }
  /** Adds a process that ended, and who is above it: that one is in the table once more where it has ended too. */
  const add = (
    processes: Map<number, Process>,
    process: Process,
    above: Process | undefined,
  ): void => {
    if (above !== undefined && !processes.has(above.pid)) processes.set(above.pid, above)
    processes.set(process.pid, process)
  }
  return {
    entryOf: (pid) => seen.get(pid)?.entry ?? null,
    has: (pid) => seen.has(pid),
    note(pid, sight) {
      const noted = seen.get(pid)
      if (noted === undefined && seen.size >= MAX_SEEN) return
      const isOther = noted !== undefined && !isSameLife(noted, sight)
      if (isOther && isOlder(sight, noted)) return
      const last = earlier.get(pid)
      const remembered = last !== undefined && isSameLife(last, sight) ? last : null
      seen.set(pid, merge(isOther ? null : (noted ?? null), sight, remembered))
    },
    shown(pid, told) {
      const sighted = seen.get(pid)
      if (sighted === undefined) return null
      const find: Find = (number) => readableOf(number) ?? told.get(number)
      const process = readableOf(pid)
      if (process === undefined) return ghost(pid, sighted, find)
      return below(process, forebear(pid, sighted.parent, process.startTicks, find))
    },
    complete(processes, told) {
      const find: Find = (pid) => processes.get(pid) ?? told.get(pid)
      for (const pid of seen.keys()) {
        const ended = readableOf(pid)
        if (ended !== undefined && !processes.has(pid)) processes.set(pid, ended)
      }
      for (const [pid, sighted] of seen) {
        const process = processes.has(pid) ? null : ghost(pid, sighted, find)
        if (process !== null) add(processes, process, find(process.ppid))
      }
      for (const [pid, { entry, parent, bornTicks }] of seen) {
        const process = processes.get(pid)
        if (parent === null || process === undefined) continue
        // Another process by now: who forked the one before says nothing of it.
        if (entry !== null && entry.startTicks !== process.startTicks) continue
        if (!isBornAt(process, bornTicks)) continue
        const above = forebear(pid, parent, process.startTicks, find)
        if (above !== null) add(processes, below(process, above), above)
      }
      earlier = seen
      seen = new Map()
    },
  }
}

/** What is known of one life after one more sighting. `last`: what the interval before this one told of it. */
function merge(before: Sighted | null, sight: Sight, last: Sighted | null): Sighted {
  const lived = livedAt(before?.lived ?? null, sight.lived)
  const told = before?.bornTicks ?? sight.bornTicks
  const bornTicks = told ?? (lived === null ? null : (last?.bornTicks ?? null))
  const fits = (entry: Known | null | undefined): entry is Known =>
    entry != null && isBornAt(entry, bornTicks) && !isBornAfter(entry.startTicks, lived)
  const read = richer(before?.entry ?? null, fits(sight.found) ? sight.found : null)
  // What was read of it before it did this is more than what the event tells.
  const older = [last?.entry, sight.known].filter(fits).find(({ process }) => process !== null)
  const entry = lived !== null && read?.process == null ? (older ?? read) : read
  return { entry, parent: sight.parent ?? before?.parent ?? null, bornTicks, lived }
}

/** The first time, for that may have to stand for its start, and the last name, which is of its last program. */
function livedAt(before: LivedAt | null, now: LivedAt | null): LivedAt | null {
  if (before === null || now === null) return now ?? before
  return { ...now, atTicks: Math.min(before.atTicks, now.atTicks) }
}

/** By what is told of both: a number has many lives. */
function isSameLife(one: Moments, other: Moments): boolean {
  if (one.bornTicks !== null && other.bornTicks !== null)
    return Math.abs(one.bornTicks - other.bornTicks) < BIRTH_TOLERANCE_TICKS
  return !isBornAfter(one.bornTicks, other.lived) && !isBornAfter(other.bornTicks, one.lived)
}

type Moments = Pick<Sighted, 'bornTicks' | 'lived'>

function isOlder(one: Moments, other: Moments): boolean {
  const [first, second] = [one, other].map(({ bornTicks, lived }) => bornTicks ?? lived?.atTicks)
  return first !== undefined && second !== undefined && first < second
}

function isBornAfter(bornTicks: number | null, lived: LivedAt | null): boolean {
  return bornTicks !== null && lived !== null && bornTicks - lived.atTicks >= BIRTH_TOLERANCE_TICKS
}

/** False for another process that was given the number since. */
function isBornAt({ startTicks }: Pick<Process, 'startTicks'>, bornTicks: number | null): boolean {
  return bornTicks === null || Math.abs(startTicks - bornTicks) < BIRTH_TOLERANCE_TICKS
}

function below(process: Process, above: Process | null): Process {
  return above === null || above.pid === process.ppid ? process : { ...process, ppid: above.pid }
}

/** A process that is on its way out tells less than it told before. */
function richer(before: Known | null, now: Known | null): Known | null {
  if (before?.process == null || now?.process != null) return now
  return now === null || now.startTicks === before.startTicks ? before : now
}
