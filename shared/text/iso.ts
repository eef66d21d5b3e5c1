/** Times as the contracts write them. */
import type { EpochMs } from '../model/ids.ts'

const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** ISO 8601 in UTC, for any number: nonsense, of a row or a clock, gives the nearest time that can be written so. */
export function iso(at: EpochMs): string {
  const bounded = Math.min(LAST, Math.max(0, Number.isFinite(at) ? at : 0))
  return new Date(bounded).toISOString()
}
