/** Times in which nothing was watched, told from the two clocks. Pure. */
import type { Batch, EngineDescription, EngineName } from '../../shared/model/observation.ts'
import type { Gap } from '../../shared/model/tick.ts'
import type { Clock } from '../ports.ts'

export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
  /** Since the machine was started, sleep included; null where that cannot be told. */
  readonly bootMs?: number | null
}

/** The clocks of this moment. */
export function momentOf(clock: Clock): Moment {
  return {
    wallMs: clock.wallMs(),
    monotonicMs: clock.monotonicMs(),
    bootMs: clock.bootMs?.() ?? null,
  }
}

/** A pause this many intervals long is worth telling; below it is ordinary jitter. */
const TOLERATED_INTERVALS = 3
const TOLERATED_MIN_MS = 5_000
/** The wall clock runs on in a suspended machine, CLOCK_MONOTONIC does not (clock_gettime(2)). */
const SUSPEND_MIN_MS = 2_000

/** Corrections smaller than this are how clocks are kept right (adjtimex(2)), and spoil no report. */
const CLOCK_SET_MIN_MS = 5_000

/**
 * The gaps between two samples; none when nothing was missed. `failures`: samples that failed in between. A clock that
 * was set has a gap of its own, over the times that were skipped or will come twice.
 */
export function gapsBetween(
  last: Moment,
  now: Moment,
  intervalMs: number,
  failures: number,
): readonly Gap[] {
  const awake = now.monotonicMs - last.monotonicMs
  const wall = now.wallMs - last.wallMs
  const passed = passedBetween(last, now)
  const tolerated = Math.max(TOLERATED_INTERVALS * intervalMs, TOLERATED_MIN_MS)
  const gaps: Gap[] = []
  const set = wall - passed
  // What really passed is told as of the clock before it was set, if it was.
  const until = Math.abs(set) >= CLOCK_SET_MIN_MS ? Math.round(last.wallMs + passed) : now.wallMs
  if (passed - awake > SUSPEND_MIN_MS && passed > tolerated) {
    gaps.push({ from: last.wallMs, to: until, reason: 'sleep' })
  } else if (awake > tolerated) {
    const reason = failures > 0 ? 'failed-sample' : 'stalled'
    gaps.push({ from: last.wallMs, to: until, reason })
  }
  if (Math.abs(set) >= CLOCK_SET_MIN_MS) {
    const [begin, end] = [until, now.wallMs].toSorted((a, b) => a - b) as [number, number]
    gaps.push({ from: begin, to: end, reason: 'clock-set' })
  }
  return gaps
}

/** How much time really passed. Without a clock that runs on during sleep, a wall clock ahead of us was a sleep. */
function passedBetween(last: Moment, now: Moment): number {
  const awake = now.monotonicMs - last.monotonicMs
  const { bootMs: before = null } = last
  const { bootMs: after = null } = now
  if (before !== null && after !== null) return Math.max(awake, after - before)
  return Math.max(awake, now.wallMs - last.wallMs)
}

/** The gap that a restart closes: from the last committed tick to now. */
export function gapSinceLastRun(lastTickAt: number | null, nowMs: number): Gap | null {
  if (lastTickAt === null || nowMs <= lastTickAt) return null
  return { from: lastTickAt, to: nowMs, reason: 'daemon-down' }
}

/** The kernel could not keep all it had to tell: how much is missing nobody knows. */
export function lostGap({ lostSince, at }: Batch): readonly Gap[] {
  return lostSince === undefined ? [] : [{ from: lostSince, to: at, reason: 'events-lost' }]
}

/** An engine that looks more often than it tells rests no longer than this between two batches, and a little. */
const LONGEST_REST_MS = 2_000

/** The gaps since the last tick, with another engine by then among them; none before the first. */
export function gapsSince(
  before: {
    readonly last: Moment | null
    readonly failures: number
    readonly engine: EngineName | null
  },
  now: Moment,
  { name, intervalMs }: Pick<EngineDescription, 'name' | 'intervalMs'>,
): readonly Gap[] {
  const { last, failures, engine } = before
  if (last === null) return []
  const expected = Math.max(intervalMs ?? 0, LONGEST_REST_MS)
  const gaps = gapsBetween(last, now, expected, failures)
  if (engine === null || engine === name) return gaps
  return [...gaps, { from: last.wallMs, to: now.wallMs, reason: 'engine-change' }]
}
