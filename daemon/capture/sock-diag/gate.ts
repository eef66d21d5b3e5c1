/**
 * Tells when there is something to see: a process that has not run since the last look has opened no socket, closed
 * none and forked nothing. The kernel tells how long each has run to the nanosecond, without privilege and without
 * a file being read.
 */
import type { Native } from '../../native/native.ts'
import type { Clock } from '../../ports.ts'

/** What a look found, each pid in one list at most; one whose clock stood still is in none. */
export interface GateLook {
  /** Has run since the last look, or was not looked at before. */
  readonly moved: readonly number[]
  readonly gone: readonly number[]
  /** It lives, but its clock is kept from us: look at its sockets from time to time. */
  readonly unreadable: readonly number[]
}

/** How well a process was watched; times in ms. What is missing to the time that passed could not be watched. */
export interface ProcessAttention {
  readonly pid: number
  /** It provably did nothing. */
  readonly quietMs: number
  /** It ran at some moment between two looks. */
  readonly activeMs: number
  /** The expected share of `activeMs` in which a connection of 50 ms would still have been open at a look. */
  readonly seen50Ms: number
  /** Looks at which it had run. */
  readonly samples: number
}

export interface Gate {
  look(pids: readonly number[]): GateLook
  /** When to look again: sooner while something moves. */
  nextDelayMs(): number
  /** Of each process that was looked at since the last call; a number that was given anew is told twice. */
  takeAttention(): readonly ProcessAttention[]
  /** The longest that is waited between two looks. */
  readonly idleDelayMs: number
}

export interface GateDeps {
  readonly native: Pick<Native, 'cpuTimeNs'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Whether a process is there at all; by default asked by signal 0 (kill(2)). */
  readonly exists?: (pid: number) => boolean
}

/** A connection of 25 ms of an active process is still seen, and each look costs some microseconds. */
const ACTIVE_DELAY_MS = 20
/** With 50 ms one in several connections of 50 ms of an idle process was missed: timers come late. */
export const IDLE_DELAY_MS = 40
/** What has just run will soon run again. */
const ACTIVE_FOR_MS = 500
/** The lifetime that the promise is made for. */
const PROMISED_MS = 50
/** A fork bomb must not fill the memory. */
const MAX_ENDED = 5_000

/** One account a process, altered in place: a look must not make garbage dozens of times a second. */
interface Account {
  cpuNs: number
  at: number
  /** Of which look it was last part. */
  look: number
  quietMs: number
  activeMs: number
  seen50Ms: number
  samples: number
}

export function createGate({ native, clock, exists = isThere }: GateDeps): Gate {
  const records = new Map<number, Account>()
  /** Processes that ended since attention was last taken. */
  let ended: ProcessAttention[] = []
  let looks = 0
  let movedAt = Number.NEGATIVE_INFINITY

  const forget = (pid: number, record: Account): void => {
    records.delete(pid)
    if (record.quietMs + record.activeMs > 0 && ended.length < MAX_ENDED)
      ended.push(attentionOf(pid, record))
  }
  return {
    look(pids) {
      const now = clock.monotonicMs()
      looks += 1
      const found = { moved: [] as number[], gone: [] as number[], unreadable: [] as number[] }
      for (const pid of pids) {
        const cpuNs = native.cpuTimeNs(pid)
        const record = records.get(pid)
        if (cpuNs === null) {
          if (record !== undefined) forget(pid, record)
          if (exists(pid)) found.unreadable.push(pid)
          else found.gone.push(pid)
        } else if (record === undefined) {
          records.set(pid, newRecord(cpuNs, now, looks))
          found.moved.push(pid)
        } else if (account(record, cpuNs, now, looks)) found.moved.push(pid)
      }
      for (const [pid, record] of records) if (record.look !== looks) forget(pid, record)
      if (found.moved.length > 0) movedAt = now
      return found
    },
    nextDelayMs: () =>
      clock.monotonicMs() - movedAt < ACTIVE_FOR_MS ? ACTIVE_DELAY_MS : IDLE_DELAY_MS,
    takeAttention() {
      const taken = ended
      ended = []
      for (const [pid, record] of records) {
        taken.push(attentionOf(pid, record))
        record.quietMs = record.activeMs = record.seen50Ms = record.samples = 0
      }
      return taken
    },
    idleDelayMs: IDLE_DELAY_MS,
  }
}

function newRecord(cpuNs: number, at: number, look: number): Account {
  return { cpuNs, at, look, quietMs: 0, activeMs: 0, seen50Ms: 0, samples: 0 }
}

function attentionOf(
  pid: number,
  { quietMs, activeMs, seen50Ms, samples }: Account,
): ProcessAttention {
  return { pid, quietMs, activeMs, seen50Ms, samples }
}

/** Books the time since the last look; true when the process ran in it. Less than before is another process. */
function account(record: Account, cpuNs: number, now: number, look: number): boolean {
  const interval = now - record.at
  const hasRun = cpuNs !== record.cpuNs
  if (hasRun) {
    record.activeMs += interval
    record.seen50Ms += Math.min(interval, PROMISED_MS)
    record.samples += 1
  } else record.quietMs += interval
  record.cpuNs = cpuNs
  record.at = now
  record.look = look
  return hasRun
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
