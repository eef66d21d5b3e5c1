/** Hours and days, counted from the epoch (UTC), and from when on each kind of record is kept. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Db } from './db.ts'

export const HOUR_MS = 3_600_000
export const HOURS_A_DAY = 24
export const DAY_MS = HOURS_A_DAY * HOUR_MS
/** So many days are summed as one, so that a report of a year reads hundreds of thousands of rows less. */
export const DAYS_A_BLOCK = 16

/** Counts are kept by the minute for so long, then by the hour. */
export const MINUTES_KEPT_MS = 7 * DAY_MS

export function hourOf(at: EpochMs): number {
  return Math.floor(at / HOUR_MS)
}

export function dayOf(at: EpochMs): number {
  return Math.floor(at / DAY_MS)
}

/** The block that a day is in. */
export function blockOf(day: number): number {
  return Math.floor(day / DAYS_A_BLOCK)
}

/**
 * What is from before was removed. A report reads nothing that lies before its floor, so that a removal which is
 * half done shows no half.
 */
export interface Floors {
  /** Closed connections last seen since this hour are here. */
  readonly connections: number
  /** Sums of the hours since the beginning of this day are here. */
  readonly hours: number
  /** Sums of the days since this one, and of the blocks that begin since then, are here. */
  readonly days: number
}

const KEYS = {
  connections: 'connections_from_hour',
  hours: 'hours_from_day',
  days: 'days_from_day',
} as const satisfies Record<keyof Floors, string>

export function readFloors(db: Db): Floors {
  const find = db.prepare<unknown[], number>('SELECT value FROM meta WHERE key = ?').pluck()
  return {
    connections: find.get(KEYS.connections) ?? 0,
    hours: find.get(KEYS.hours) ?? 0,
    days: find.get(KEYS.days) ?? 0,
  }
}

/** A floor only rises. */
export function raiseFloor(db: Db, which: keyof Floors, to: number): void {
  db.prepare(
    `INSERT INTO meta (key, value) VALUES (?, ?)
     ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)`,
  ).run(KEYS[which], to)
}
