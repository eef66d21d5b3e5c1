/** How much may be told within an hour: ten thousand entries that come at once must fill neither screen nor disk. Pure. */
import type { EpochMs, FindingId } from '../../shared/model/ids.ts'

/** Findings of single changes. */
export const MAX_FINDINGS_AN_HOUR = 20
/** Findings of servers that spread, which are worse and must not be hidden behind single changes. */
export const MAX_SPREADS_AN_HOUR = 10
/** Changes that are written down. */
export const MAX_CHANGES_AN_HOUR = 1_000
const HOUR_MS = 3_600_000

export interface Allowance {
  readonly from: EpochMs
  readonly findings: number
  readonly spreads: number
  readonly changes: number
  /** The finding that counts what is beyond it. */
  readonly further: FindingId | null
}

export function fullAllowance(from: EpochMs): Allowance {
  return { from, findings: 0, spreads: 0, changes: 0, further: null }
}

/** A new one once an hour has passed, or the clock was set back. */
export function allowanceAt(allowance: Allowance, at: EpochMs): Allowance {
  const isOver = at - allowance.from >= HOUR_MS || at < allowance.from
  return isOver ? fullAllowance(at) : allowance
}
