/**
 * Where a window is read from: single connections at its edges and where sums are not made yet, sums of hours, sums of
 * days and of blocks of days in between. Each moment is in one segment, so nothing is counted twice.
 */
import type { CoverageJson } from '../../shared/contract/common.ts'
import {
  blockOf,
  DAY_MS,
  DAYS_A_BLOCK,
  dayOf,
  type Floors,
  HOUR_MS,
  hourOf,
  readFloors,
} from '../store/calendar.ts'
import { summedBlocks, summedDays, summedHours } from '../store/summed.ts'
import type { Db } from './rows.ts'
import type { Window } from './window.ts'

export type Resolution = CoverageJson['resolution']

/** `from` and `to` belong to it: times in ms; hours, days or blocks since the epoch. */
export interface Segment {
  readonly kind: 'connections' | 'hours' | 'days' | 'blocks'
  readonly from: number
  readonly to: number
}

export interface Segments {
  /** In the order of time. */
  readonly list: readonly Segment[]
  /** How far the window is widened at its ends, because the connections there are not kept any more. */
  readonly resolution: Resolution
}

/** What is known of the past. */
export interface Sums {
  /** There are few connections in the window. */
  readonly isQuiet: boolean
  readonly floors: Floors
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly blocks: ReadonlySet<number>
}

const BLOCK_MS = DAYS_A_BLOCK * DAY_MS
/** Single connections tell of every process: they are read where there are not too many for that. */
const MOST_PLAIN = 20_000
const PLAIN_MS = 25 * HOUR_MS

export function readSums(db: Db, window: Window): Sums {
  const counted = db
    .prepare<unknown[], number>(
      `SELECT count(*) FROM (SELECT 1 FROM connection INDEXED BY connection_closed
         WHERE closed_at IS NOT NULL AND last_seen BETWEEN @from AND @to LIMIT ${MOST_PLAIN})`,
    )
    .pluck()
    .get({ ...window })
  return {
    isQuiet: (counted ?? 0) < MOST_PLAIN,
    floors: readFloors(db),
    hours: summedHours(db),
    days: summedDays(db),
    blocks: summedBlocks(db),
  }
}

export function segmentsOf({ from, to }: Window, sums: Sums): Segments {
  const kept = sums.floors.connections * HOUR_MS
  if (sums.isQuiet && from >= kept && to - from <= PLAIN_MS)
    return { list: [{ kind: 'connections', from, to }], resolution: 'exact' }
  const list: Segment[] = []
  let resolution: Resolution = 'exact'
  // Of what lies before there is nothing at all.
  for (let at = Math.max(from, sums.floors.days * DAY_MS); at <= to; ) {
    const next = segmentAt(at, to, sums)
    const [begin, end] = spanOf(next)
    if (begin < at || end > to) resolution = coarser(resolution, next.kind)
    append(list, next)
    at = end + 1
  }
  return { list, resolution }
}

/** The segment that begins at or before `at`; connections end with the hour. */
function segmentAt(at: number, to: number, { floors, hours, days, blocks }: Sums): Segment {
  const [day, hour] = [dayOf(at), hourOf(at)]
  const block = blockOf(day)
  const isWholeBlock =
    at === block * BLOCK_MS && (block + 1) * BLOCK_MS - 1 <= to && day >= floors.days
  if (isWholeBlock && blocks.has(block)) return { kind: 'blocks', from: block, to: block }
  if (day < floors.hours) return { kind: 'days', from: day, to: day }
  const isWholeDay = at === day * DAY_MS && (day + 1) * DAY_MS - 1 <= to
  if (isWholeDay && days.has(day)) return { kind: 'days', from: day, to: day }
  if (hour < floors.connections) return { kind: 'hours', from: hour, to: hour }
  const isWholeHour = at === hour * HOUR_MS && (hour + 1) * HOUR_MS - 1 <= to
  if (isWholeHour && hours.has(hour)) return { kind: 'hours', from: hour, to: hour }
  return { kind: 'connections', from: at, to: Math.min(to, (hour + 1) * HOUR_MS - 1) }
}

/** In ms, both ends belonging to it. */
export function spanOf({ kind, from, to }: Segment): readonly [number, number] {
  const unit = { connections: 1, hours: HOUR_MS, days: DAY_MS, blocks: BLOCK_MS }[kind]
  return kind === 'connections' ? [from, to] : [from * unit, (to + 1) * unit - 1]
}

/** The hour and day that begin when a segment of sums is over. */
export function after(segment: Segment): { readonly hour: number; readonly day: number } {
  const [, end] = spanOf(segment)
  return { hour: hourOf(end + 1), day: dayOf(end + 1) }
}

function coarser(resolution: Resolution, kind: Segment['kind']): Resolution {
  if (kind === 'days' || resolution === 'day') return 'day'
  return 'hour'
}

function append(list: Segment[], next: Segment): void {
  const last = list.at(-1)
  const continues = last?.kind === next.kind && last.to + 1 === next.from
  if (continues) list[list.length - 1] = { ...last, to: next.to }
  else list.push(next)
}
