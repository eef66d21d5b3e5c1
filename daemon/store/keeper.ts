/** Does the housekeeping while the daemon runs, in small steps between the ticks, and what a user asks for at once. */
import type { RetentionSettings } from '../../shared/model/policy.ts'
import type { Clock, Log } from '../ports.ts'
import { HOUR_MS } from './calendar.ts'
import type { Db } from './db.ts'
import { housekeepingPass } from './housekeeping.ts'

/** One step takes so long and one transaction more: well below the 50 ms for which nothing else would be done. */
const STEP_MS = 15
const FIRST_PASS_MS = 60_000
const PASS_EVERY_MS = 10 * 60_000
const LEFTOVERS_EVERY_MS = 3 * HOUR_MS

/** Work on the database, each `yield` between two transactions. */
export type Job<T> = (db: Db) => Generator<void, T>

export interface KeeperDeps {
  /** See OpenedStore. */
  readonly tend: <T>(work: (db: Db) => T) => T
  readonly clock: Clock
  readonly log: Log
  /** Asked at the beginning of each pass. */
  readonly settings: () => RetentionSettings
  /** Calls back when other work was done (setImmediate). */
  readonly later: (step: () => void) => void
}

export interface Keeper {
  /** To be called after each tick: does one step, if there is something to do, when the tick's work is over. */
  tick(): void
  /** Done at once, step by step, the next ones in between ticks. Throws McpWatchError. */
  run<T>(job: Job<T>): Promise<T>
  stop(): void
}

interface Pass {
  readonly db: Db
  readonly steps: Iterator<void>
}

export function createKeeper(deps: KeeperDeps): Keeper {
  const { tend, clock, log, settings, later } = deps
  let pass: Pass | null = null
  let nextPass = clock.monotonicMs() + FIRST_PASS_MS
  let nextLeftovers = nextPass
  let isStopped = false
  let failing = false

  const begin = (db: Db): Pass => {
    const at = clock.monotonicMs()
    const leftovers = at >= nextLeftovers
    if (leftovers) nextLeftovers = at + LEFTOVERS_EVERY_MS
    nextPass = at + PASS_EVERY_MS
    const input = { now: clock.wallMs(), settings: settings(), leftovers }
    return { db, steps: housekeepingPass(db, input) }
  }
  const step = (): void => {
    if (isStopped || (pass === null && clock.monotonicMs() < nextPass)) return
    const before = pass
    pass = null
    try {
      pass = tend((db) => {
        // The database may have been replaced since: what was begun is about one that is closed.
        const now = before?.db === db ? before : begin(db)
        return workFor(STEP_MS, clock, now.steps).done === true ? null : now
      })
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'old records cannot be removed now; it is tried again')
      failing = true
      nextPass = clock.monotonicMs() + PASS_EVERY_MS
    }
  }
  return {
    tick: () => later(step),
    run: (job) => runJob(job, deps, () => isStopped),
    stop() {
      isStopped = true
    },
  }
}

function workFor<T>(
  budgetMs: number,
  clock: Clock,
  steps: Iterator<void, T>,
): IteratorResult<void, T> {
  const begun = clock.monotonicMs()
  let result = steps.next()
  while (result.done !== true && clock.monotonicMs() - begun < budgetMs) result = steps.next()
  return result
}

/** Begins anew where the database is another one meanwhile. */
function runJob<T>(
  job: Job<T>,
  { tend, clock, later }: KeeperDeps,
  isStopped: () => boolean,
): Promise<T> {
  let at: { readonly db: Db; readonly steps: Iterator<void, T> } | null = null
  return new Promise((resolve, reject) => {
    const step = (): void => {
      if (isStopped()) {
        reject(new Error('mcp-watch is ending'))
        return
      }
      try {
        const result = tend((db) => {
          if (at?.db !== db) at = { db, steps: job(db) }
          return workFor(STEP_MS, clock, at.steps)
        })
        if (result.done === true) resolve(result.value)
        else later(step)
      } catch (error) {
        reject(error instanceof Error ? error : new Error('unknown', { cause: error }))
      }
    }
    later(step)
  })
}
