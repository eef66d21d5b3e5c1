/** Remembers processes for a minute after their end, so that what is told late can still be given to them. Pure. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'

/** A process that ended, or the program it ran before an exec; `goneAt` is when that was first noticed. */
export interface Departed {
  readonly process: Process
  readonly goneAt: EpochMs
}

export interface ProcessMemory {
  readonly live: ReadonlyMap<number, Process>
  /** Oldest first. */
  readonly departed: readonly Departed[]
}

const KEPT_MS = 60_000
/** A fork bomb must not fill the memory: of more than these the newest are kept. */
const MAX_DEPARTED = 5_000

export const NO_PROCESSES: ProcessMemory = { live: new Map(), departed: [] }

/** The memory after a new table: what is missing in it, or runs another program, has departed. */
export function keepDead(previous: ProcessMemory, table: ProcessTable): ProcessMemory {
  const { at } = table
  if (previous.live === table.processes && previous.departed.length === 0) return previous
  const gone: Departed[] = []
  for (const [pid, process] of previous.live) {
    if (table.processes.get(pid)?.key !== process.key) gone.push({ process, goneAt: at })
  }
  // By the distance: a wall clock that was set back must not keep them for longer.
  const kept = previous.departed.filter((entry) => Math.abs(at - entry.goneAt) < KEPT_MS)
  return { live: table.processes, departed: [...kept, ...gone].slice(-MAX_DEPARTED) }
}

/** Which program ran as `pid` at that moment; null when nothing is remembered of it. */
export function processAt(memory: ProcessMemory, pid: number, at: EpochMs): Process | null {
  for (const { process, goneAt } of memory.departed) {
    if (process.pid === pid && process.startedAt <= at && at < goneAt) return process
  }
  const process = memory.live.get(pid)
  return process !== undefined && process.startedAt <= at ? process : null
}
