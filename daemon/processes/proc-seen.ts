/**
 * Processes that events told of between two samples: what was read of them while they lived, and who forked them. The
 * next table shows them once, even where they, or those between them and the family, ended before it. Pure.
 */
import type { Process } from '../../shared/model/process.ts'
import type { Known } from './proc-look.ts'

export interface Seen {
  /** What was read of it since the last sample, or null. */
  entryOf(pid: number): Known | null
  /**
   * `entry` is null where it could not be read any more: its parent still ties its own children to the family.
   * `bornTicks`: when it must have started, null where that is not known.
   */
  note(pid: number, parent: number | null, entry: Known | null, bornTicks: number | null): void
  has(pid: number): boolean
  /** The process below its nearest forebear that is among `readable`, or in one of the tables told. */
  placed(process: Process, told: Table): Process
  /** Adds what ended meanwhile and puts all below who forked them; then begins anew. `told` is the last table. */
  complete(processes: Map<number, Process>, told: Table): void
}

type Table = ReadonlyMap<number, Process>

interface Sighted {
  readonly entry: Known | null
  readonly parent: number | null
  readonly bornTicks: number | null
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

  const readableOf = (pid: number): Process | null => seen.get(pid)?.entry?.process ?? null
  const forebear = (
    process: Process,
    find: (pid: number) => Process | null | undefined,
  ): Process | null => {
    let pid = seen.get(process.pid)?.parent ?? null
    for (let level = 0; pid !== null && level < MAX_CHAIN; level += 1) {
      const found = find(pid)
      if (found != null && found.pid !== process.pid && found.startTicks <= process.startTicks)
        return found
      pid = (seen.get(pid) ?? earlier.get(pid))?.parent ?? null
    }
    return null
  }
  return {
    entryOf: (pid) => seen.get(pid)?.entry ?? null,
    has: (pid) => seen.has(pid),
    note(pid, parent, entry, bornTicks) {
      const before = seen.get(pid)
      if (before === undefined && seen.size >= MAX_SEEN) return
      seen.set(pid, {
        entry: richer(before?.entry ?? null, entry),
        parent: parent ?? before?.parent ?? null,
        bornTicks: bornTicks ?? before?.bornTicks ?? null,
      })
    },
    placed(process, told) {
      const above = forebear(process, (pid) => readableOf(pid) ?? told.get(pid))
      return below(process, above)
    },
    complete(processes, told) {
      for (const pid of seen.keys()) {
        const ended = readableOf(pid)
        if (ended !== null && !processes.has(pid)) processes.set(pid, ended)
      }
      for (const [pid, { entry, parent, bornTicks }] of seen) {
        const process = processes.get(pid)
        if (parent === null || process === undefined) continue
        // Another process by now: who forked the one before says nothing of it.
        if (entry !== null && entry.startTicks !== process.startTicks) continue
        if (!isBornAt(process, bornTicks)) continue
        const above = forebear(process, (number) => processes.get(number) ?? told.get(number))
        if (above === null) continue
        if (!processes.has(above.pid)) processes.set(above.pid, above)
        processes.set(pid, below(process, above))
      }
      earlier = seen
      seen = new Map()
    },
  }
}

/** False for another process that was given the number since. */
export function isBornAt(
  { startTicks }: Pick<Process, 'startTicks'>,
  bornTicks: number | null,
): boolean {
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
