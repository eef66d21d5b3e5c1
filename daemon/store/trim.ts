/** Keeps the database below its size: the oldest go first, single connections before sums. */
import type { EpochMs } from '../../shared/model/ids.ts'
import { DAY_MS, dayOf, type Floors, HOURS_A_DAY, hourOf, readFloors } from './calendar.ts'
import type { Db } from './db.ts'
import { pruneConnections, pruneDays, pruneHours } from './prune.ts'
import { spaceOf } from './space.ts'
import { beginningOfSums, limits } from './summed.ts'

/** The last of its kind, which stay while there is anything else that could go. */
const LEAST_CONNECTIONS_MS = DAY_MS
const LEAST_DAYS = 31

/** Until it is small enough, or nothing is left that may go: findings and what is open stay. */
export function* trimToSize(db: Db, now: EpochMs, maxBytes: number): Generator<void> {
  while (spaceOf(db).used > maxBytes) {
    const next = oldestThatMayGo(db, now)
    if (next === null) return
    yield* next
  }
}

function oldestThatMayGo(db: Db, now: EpochMs): Generator<void> | null {
  const floors = readFloors(db)
  const most = limits(db, now)
  const hour = nextHour(db, floors)
  const mayGo = (until: number): boolean => hour !== null && hour <= until
  if (hour !== null && mayGo(Math.min(most.connections, hourOf(now - LEAST_CONNECTIONS_MS))))
    return pruneConnections(db, hour)
  const first = Math.floor(beginningOfSums(db, now) / HOURS_A_DAY)
  const hoursDay = Math.max(floors.hours, first) + 1
  if (hoursDay <= most.hours) return pruneHours(db, hoursDay)
  const day = Math.max(floors.days, first) + 1
  if (day <= Math.min(floors.hours, dayOf(now) - LEAST_DAYS)) return pruneDays(db, day)
  if (hour !== null && mayGo(most.connections)) return pruneConnections(db, hour)
  return null
}

/** The floor under which the hour of the oldest connections lies; null where there are none. */
function nextHour(db: Db, { connections }: Floors): number | null {
  const first = db
    .prepare<unknown[], number>(
      `SELECT last_seen FROM connection INDEXED BY connection_closed
       WHERE closed_at IS NOT NULL ORDER BY last_seen LIMIT 1`,
    )
    .pluck()
    .get()
  return first === undefined ? null : Math.max(connections, hourOf(first)) + 1
}
