/** What came of the demo. Pure. */
import type { WatchEvent } from '../../shared/contract/answers.ts'
import { QUIET, SNEAKY } from './stage.ts'

export interface Outcome {
  /** Servers of which a running copy was noticed. */
  readonly noticed: ReadonlySet<string>
  /** Servers with a finding of something that they should not have done. */
  readonly flagged: ReadonlySet<string>
}

export const NOTHING_YET: Outcome = { noticed: new Set(), flagged: new Set() }

export function withEvent(outcome: Outcome, event: WatchEvent): Outcome {
  const { noticed, flagged } = outcome
  if (event.event === 'instance-started') {
    return { ...outcome, noticed: new Set([...noticed, event.server]) }
  }
  if (event.event === 'finding') {
    return { ...outcome, flagged: new Set([...flagged, event.finding.server]) }
  }
  return outcome
}

/** Null when it is as it has to be, else what is wrong with it. Nothing is to be flagged where nobody misbehaved. */
export function faultOf({ noticed, flagged }: Outcome, misbehaves: boolean): string | null {
  const missed = [QUIET, SNEAKY].filter((name) => !noticed.has(name))
  if (missed.length > 0) return `${missed.join(' and ')} ran, but was not noticed`
  if (flagged.has(QUIET)) return `${QUIET} was flagged, though it connected to nothing`
  if (misbehaves && !flagged.has(SNEAKY)) return `the connection of ${SNEAKY} was not flagged`
  if (!misbehaves && flagged.has(SNEAKY)) return `${SNEAKY} was flagged, though it behaved`
  return null
}
