/**
 * Where a window is read from: single connections at its edges and where sums are not made yet, sums of hours, sums of
 * days in between. Each moment is in one segment, so nothing is counted twice.
 */
import type { CoverageJson } from '../../shared/contract/common.ts'
import {
  DAY_MS,
  dayOf,
  type Floors,
  HOUR_MS,
  HOURS_A_DAY,
  hourOf,
  readFloors,
} from '../store/calendar.ts'
import { summedDays, summedHours } from '../store/summed.ts'
import type { Db } from './rows.ts'
import type { Window } from './window.ts'

export type Resolution = CoverageJson['resolution']

/** `from` and `to` belong to it: times in ms, hours or days since the epoch. */
export interface Segment {
  readonly kind: 'connections' | 'hours' | 'days'
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
  readonly floors: Floors
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
}

/** Reading so much by single connections is fast enough, and tells of every process. */
const PLAIN_MS = 25 * HOUR_MS

export function readSums(db: Db): Sums {
  return { floors: readFloors(db), hours: summedHours(db), days: summedDays(db) }
}

export function segmentsOf({ from, to }: Window, sums: Sums): Segments {
  const kept = sums.floors.connections * HOUR_MS
  if (from >= kept && to - from <= PLAIN_MS)
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
function segmentAt(at: number, to: number, { floors, hours, days }: Sums): Segment {
  const [day, hour] = [dayOf(at), hourOf(at)]
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
  const unit = { connections: 1, hours: HOUR_MS, days: DAY_MS }[kind]
  return kind === 'connections' ? [from, to] : [from * unit, (to + 1) * unit - 1]
}

/** The hour or day that follows a segment of sums. */
export function after({ kind, to }: Segment): { readonly hour: number; readonly day: number } {
  const hour = kind === 'days' ? (to + 1) * HOURS_A_DAY : to + 1
  return { hour, day: Math.floor(hour / HOURS_A_DAY) }
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
