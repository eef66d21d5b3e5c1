/** What keeps the database small: sums, retention by age and by size. In steps, each a transaction of some milliseconds. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { RetentionSettings } from '../../shared/model/policy.ts'
import {
  blockOf,
  DAYS_A_BLOCK,
  dayOf,
  HOURS_A_DAY,
  hourOf,
  MINUTES_KEPT_MS,
  readFloors,
} from './calendar.ts'
import type { Db } from './db.ts'
import { lastTickAt } from './memory.ts'
import {
  foldCounts,
  pruneChanges,
  pruneConnections,
  pruneDays,
  pruneFindings,
  pruneHours,
  pruneLeftovers,
} from './prune.ts'
import { LONG_MS } from './schema.ts'
import { giveBack } from './space.ts'
import { sumBlock, sumDay } from './sum-day.ts'
import { sumHour } from './sum-hour.ts'
import { beginningOfSums, limits, summedBlocks, summedDays, summedHours } from './summed.ts'
import { trimToSize } from './trim.ts'

/** An hour is summed when it has been over for so long: see `sumHour`; judging settles within five minutes more. */
export const HOUR_READY_MS = LONG_MS + 10 * 60_000
/**
 * A floor rises by no more in one pass. A clock that is wrong by years for an hour must not empty the database; after a
 * long pause the rest follows with the next passes.
 */
const MOST_DAYS = 1
/** Sums made in one pass, for the same reason: each hour of years to come would be one. */
const MOST_HOURS = 100

export interface PassInput {
  readonly now: EpochMs
  readonly settings: RetentionSettings
  /** Also look for what nothing points to any more, which reads whole tables. */
  readonly leftovers: boolean
}

/** Everything that is due. */
export function* housekeepingPass(db: Db, input: PassInput): Generator<void> {
  const { now, settings } = input
  // A heartbeat that lags behind: what is open then is not known to have been open until now.
  const known = Math.min(now, lastTickAt(db) ?? now)
  yield* sumHours(db, known, MOST_HOURS)
  yield* sumDays(db, known)
  yield* sumBlocks(db, known)
  yield* foldCounts(db, now - MINUTES_KEPT_MS)
  yield* pruneByAge(db, now, settings)
  yield* pruneFindings(db, now - settings.findingsMs)
  yield* pruneChanges(db, now - settings.findingsMs)
  yield* trimToSize(db, now, settings.maxBytes)
  if (input.leftovers) yield* pruneLeftovers(db)
  yield* giveBack(db)
}

/** Every hour that is over and has no sums, or has them no more. */
export function* sumHours(db: Db, now: EpochMs, most = Number.POSITIVE_INFINITY): Generator<void> {
  const done = summedHours(db)
  let left = most
  const from = Math.max(readFloors(db).connections, beginningOfSums(db, now))
  const end = hourOf(now - HOUR_READY_MS)
  for (let hour = from; hour < end && left > 0; hour += 1) {
    if (done.has(hour)) continue
    left -= 1
    yield* sumHour(db, hour)
  }
}

/** Every day whose hours are all summed. */
export function* sumDays(db: Db, now: EpochMs): Generator<void> {
  const begin = beginningOfSums(db, now)
  const [hours, days, floors] = [summedHours(db), summedDays(db), readFloors(db)]
  const isSummed = (hour: number): boolean =>
    hour < begin || hour < floors.connections || hours.has(hour)
  const newest = [...hours].reduce((most, hour) => Math.max(most, hour), floors.connections)
  const last = Math.floor(Math.max(begin, newest) / HOURS_A_DAY)
  for (let day = Math.max(floors.hours, Math.floor(begin / HOURS_A_DAY)); day <= last; day += 1) {
    const all = Array.from({ length: HOURS_A_DAY }, (_, n) => day * HOURS_A_DAY + n)
    if (!days.has(day) && all.every(isSummed)) yield* sumDay(db, day)
  }
}

/** Every block whose days are all summed. */
export function* sumBlocks(db: Db, now: EpochMs): Generator<void> {
  const begin = Math.floor(beginningOfSums(db, now) / HOURS_A_DAY)
  const [days, blocks, floors] = [summedDays(db), summedBlocks(db), readFloors(db)]
  const isSummed = (day: number): boolean => day < begin || day < floors.hours || days.has(day)
  const newest = [...days].reduce((most, day) => Math.max(most, day), floors.hours)
  const first = blockOf(Math.max(begin, floors.days))
  for (let block = first; block <= blockOf(newest); block += 1) {
    const all = Array.from({ length: DAYS_A_BLOCK }, (_, n) => block * DAYS_A_BLOCK + n)
    if (!blocks.has(block) && all.every(isSummed)) yield* sumBlock(db, block)
  }
}

/** Nothing goes before its sums are made. */
function* pruneByAge(
  db: Db,
  now: EpochMs,
  { connectionsMs, hoursMs, daysMs }: RetentionSettings,
): Generator<void> {
  const floors = readFloors(db)
  const begin = beginningOfSums(db, now)
  const firstDay = Math.floor(begin / HOURS_A_DAY)
  const keep = { hours: Math.max(hoursMs, connectionsMs), days: Math.max(daysMs, hoursMs) }

  const mostHour = Math.max(floors.connections, begin) + MOST_DAYS * HOURS_A_DAY
  const hour = Math.min(limits(db, now).connections, hourOf(now - connectionsMs), mostHour)
  if (hour > floors.connections) yield* pruneConnections(db, hour)

  const mostDay = Math.max(floors.hours, firstDay) + MOST_DAYS
  const hours = Math.min(limits(db, now).hours, dayOf(now - keep.hours), mostDay)
  if (hours > floors.hours) yield* pruneHours(db, hours)

  const days = Math.min(
    readFloors(db).hours,
    dayOf(now - Math.max(keep.hours, keep.days)),
    Math.max(floors.days, firstDay) + MOST_DAYS,
  )
  if (days > floors.days) yield* pruneDays(db, days)
}
