/** What was decided about telling the user of a finding; kept so that a restart tells nothing twice. */
import type { EpochMs, FindingId, ServerId } from './ids.ts'
import type { FindingKind, Severity } from './judgement.ts'

/**
 * `told`: handed to the desktop. `held`: kept back because its server and kind were told of a short time before.
 * `quiet`: muted, below the severity that the user wants to hear of, or no way to tell.
 */
export const DELIVERY_OUTCOMES = ['told', 'held', 'quiet'] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]

/** One a finding: the last decision about it, at the severity it had then. */
export interface Delivery {
  readonly findingId: FindingId
  readonly serverId: ServerId
  readonly kind: FindingKind
  readonly severity: Severity
  readonly outcome: DeliveryOutcome
  readonly at: EpochMs
}
