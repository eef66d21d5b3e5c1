/** Times in which nothing was watched, told from the two clocks. Pure. */
import type { Gap } from '../../shared/model/tick.ts'

export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** A pause this many intervals long is worth telling; below it is ordinary jitter. */
const TOLERATED_INTERVALS = 3
const TOLERATED_MIN_MS = 5_000
/** The wall clock runs on in a suspended machine, CLOCK_MONOTONIC does not (clock_gettime(2)). */
const SUSPEND_MIN_MS = 2_000

/** The gap between two samples, or null when none was missed. `failures`: samples that failed in between. */
export function gapBetween(
  last: Moment,
  now: Moment,
  intervalMs: number,
  failures: number,
): Gap | null {
  const wall = now.wallMs - last.wallMs
  const awake = now.monotonicMs - last.monotonicMs
  const tolerated = Math.max(TOLERATED_INTERVALS * intervalMs, TOLERATED_MIN_MS)
  const gap = { from: last.wallMs, to: now.wallMs }
  if (wall - awake > SUSPEND_MIN_MS && wall > tolerated) return { ...gap, reason: 'sleep' }
  if (awake <= tolerated) return null
  const from = Math.min(last.wallMs, now.wallMs)
  return { from, to: now.wallMs, reason: failures > 0 ? 'failed-sample' : 'stalled' }
}

/** The gap that a restart closes: from the last committed tick to now. */
export function gapSinceLastRun(lastTickAt: number | null, nowMs: number): Gap | null {
  if (lastTickAt === null || nowMs <= lastTickAt) return null
  return { from: lastTickAt, to: nowMs, reason: 'daemon-down' }
}
