/** How often to sample: slower when samples are dear, back again when they are not. Pure. */

/** A sample that takes more than this share of the interval is slow. */
const SLOW_SHARE = 0.2
/** One slow sample is noise (a busy machine), several in a row are not. */
const SLOW_RUN = 3
const FAST_RUN = 5
/** To go back, a sample must fit well into the shorter interval, else the pace would swing. */
const FAST_SHARE = 0.15
const MAX_FACTOR = 8

export interface Pace {
  /** 1, 2, 4 or 8 times the engine's own interval. */
  readonly factor: number
  readonly slowRun: number
  readonly fastRun: number
}

export const FULL_PACE: Pace = { factor: 1, slowRun: 0, fastRun: 0 }

/** The pace after a sample of `elapsedMs`, for an engine whose own interval is `intervalMs`. */
export function nextPace(pace: Pace, intervalMs: number, elapsedMs: number): Pace {
  const current = intervalMs * pace.factor
  if (elapsedMs > current * SLOW_SHARE) {
    const slowRun = pace.slowRun + 1
    if (slowRun < SLOW_RUN) return { factor: pace.factor, slowRun, fastRun: 0 }
    return { factor: Math.min(pace.factor * 2, MAX_FACTOR), slowRun: 0, fastRun: 0 }
  }
  if (pace.factor === 1 || elapsedMs > (current / 2) * FAST_SHARE) {
    return { factor: pace.factor, slowRun: 0, fastRun: 0 }
  }
  const fastRun = pace.fastRun + 1
  if (fastRun < FAST_RUN) return { factor: pace.factor, slowRun: 0, fastRun }
  return { factor: pace.factor / 2, slowRun: 0, fastRun: 0 }
}
