/** Which hours and days have sums. Read by housekeeping and by reports. */
import type { EpochMs } from '../../shared/model/ids.ts'
import { type Floors, HOURS_A_DAY, hourOf, readFloors } from './calendar.ts'
import type { Db } from './db.ts'

/** Key in `meta` of the first hour that was ever summed. */
const BEGINNING_KEY = 'sums_from_hour'

/** Hours since the floor of connections; those before it all have sums. */
export function summedHours(db: Db): ReadonlySet<number> {
  return new Set(
    db.prepare<unknown[], number>('SELECT hour FROM summed_hour WHERE done = 1').pluck().all(),
  )
}

/** Days since the floor of hours; those before it all have sums. */
export function summedDays(db: Db): ReadonlySet<number> {
  return new Set(
    db.prepare<unknown[], number>('SELECT day FROM summed_day WHERE done = 1').pluck().all(),
  )
}

/** Blocks since the beginning; those of which a part was removed are not to be read any more (floor of days). */
export function summedBlocks(db: Db): ReadonlySet<number> {
  return new Set(
    db.prepare<unknown[], number>('SELECT block FROM summed_block WHERE done = 1').pluck().all(),
  )
}

/** The hour of the first connection there was when sums were begun; written down at the first call. */
export function beginningOfSums(db: Db, now: EpochMs): number {
  const find = db.prepare<unknown[], number>('SELECT value FROM meta WHERE key = ?').pluck()
  const known = find.get(BEGINNING_KEY)
  if (known !== undefined) return known
  const first = db
    .prepare<unknown[], number | null>('SELECT min(first_seen) FROM connection')
    .pluck()
    .get()
  const hour = hourOf(first ?? now)
  db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)').run(BEGINNING_KEY, hour)
  return hour
}

/**
 * How far the floors may rise: `connections` to the first hour without sums, `hours` to the first day without. Hours
 * are kept for as long as connections are.
 */
export function limits(db: Db, now: EpochMs): Omit<Floors, 'days'> {
  const floors = readFloors(db)
  const begin = beginningOfSums(db, now)
  const [doneHours, doneDays] = [summedHours(db), summedDays(db)]
  let connections = Math.max(floors.connections, begin)
  while (doneHours.has(connections)) connections += 1
  let hours = Math.max(floors.hours, Math.floor(begin / HOURS_A_DAY))
  while (doneDays.has(hours)) hours += 1
  return { connections, hours: Math.min(hours, Math.floor(floors.connections / HOURS_A_DAY)) }
}
