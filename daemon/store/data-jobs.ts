/** What `data prune` and `data erase` do, and what they tell of it. Run by the daemon, or by a command that has the lock. */
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { RetentionSettings } from '../../shared/model/policy.ts'
import { dayOf, hourOf, readFloors } from './calendar.ts'
import type { Db } from './db.ts'
import { erase } from './erase.ts'
import { housekeepingPass } from './housekeeping.ts'
import {
  pruneChanges,
  pruneConnections,
  pruneDays,
  pruneFindings,
  pruneHours,
  pruneLeftovers,
} from './prune.ts'
import { giveBack, spaceOf } from './space.ts'
import { limits } from './summed.ts'

/** Rows of each kind. */
export interface Removed {
  readonly connections: number
  readonly hours: number
  readonly days: number
  readonly reached: number
  readonly findings: number
  readonly changes: number
}

export interface DataChange {
  readonly removed: Removed
  /** Bytes of the database in use. */
  readonly before: number
  readonly after: number
}

export interface PruneRequest {
  readonly now: EpochMs
  readonly settings: RetentionSettings
  /** Null: what the settings say. */
  readonly before: EpochMs | null
  /** Null: all. Only with `before`. */
  readonly servers: readonly ServerId[] | null
}

export function* pruneJob(db: Db, request: PruneRequest): Generator<void, DataChange> {
  return yield* measured(db, pruneSteps(db, request))
}

/** `servers` null: everything there is. `isAlone`: see `erase`. */
export function* eraseJob(
  db: Db,
  servers: readonly ServerId[] | null,
  isAlone: boolean,
): Generator<void, DataChange> {
  return yield* measured(db, erase(db, { servers, before: null }, isAlone))
}

function* pruneSteps(db: Db, request: PruneRequest): Generator<void> {
  const { now, settings, before, servers } = request
  yield* housekeepingPass(db, { now, settings, leftovers: before === null })
  if (before === null) return
  if (servers !== null) yield* erase(db, { servers, before }, false)
  else {
    const most = limits(db, now)
    yield* pruneConnections(db, Math.min(hourOf(before), most.connections))
    yield* pruneHours(db, Math.min(dayOf(before), limits(db, now).hours))
    yield* pruneDays(db, Math.min(dayOf(before), readFloors(db).hours))
    yield* pruneFindings(db, before)
    yield* pruneChanges(db, before)
    yield* pruneLeftovers(db)
  }
  yield* giveBack(db)
}

function* measured(db: Db, steps: Generator<void>): Generator<void, DataChange> {
  const [rows, size] = [yield* counts(db), spaceOf(db).used]
  yield* steps
  const left = yield* counts(db)
  return {
    removed: {
      connections: rows.connections - left.connections,
      hours: rows.hours - left.hours,
      days: rows.days - left.days,
      reached: rows.reached - left.reached,
      findings: rows.findings - left.findings,
      changes: rows.changes - left.changes,
    },
    before: size,
    after: spaceOf(db).used,
  }
}

function* counts(db: Db): Generator<void, Removed> {
  const count = (table: string): number =>
    db.prepare<unknown[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0
  const connections = count('connection')
  yield
  const hours = count('hour_sum')
  yield
  return {
    connections,
    hours,
    days: count('day_sum'),
    reached: count('reached'),
    findings: count('finding'),
    changes: count('server_change'),
  }
}
