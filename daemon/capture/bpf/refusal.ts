/** Why the kernel's programs are not used here, for people and for `doctor`. */
import { McpWatchError } from '../../../shared/errors.ts'
import type { Variant } from './program-table.ts'

export const REFUSAL_REASONS = [
  'machine-unknown',
  'no-cgroup2',
  'inner-cgroup-namespace',
  'inner-pid-namespace',
  'inner-user-namespace',
  'capabilities-missing',
  'kernel-refused',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** What the kernel said to one step; in the order in which the variants were tried. */
export interface LoadFailure {
  readonly variant: Variant
  readonly step: 'cgroup' | 'map' | 'program' | 'attach' | 'ring'
  /** Of the map or program; empty where the step has none. */
  readonly name: string
  readonly errno: string
  /** The verifier's last words; empty when it had none. */
  readonly log: string
}

export interface Refusal {
  readonly reason: RefusalReason
  readonly sentence: string
  readonly hint: string
  readonly failures: readonly LoadFailure[]
}

/** As the error's cause the `Refusal` can be had again by `refusalOf`. */
export function refusalError(refusal: Refusal): McpWatchError {
  return new McpWatchError('NO_ENGINE', refusal.sentence, { hint: refusal.hint, cause: refusal })
}

export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof McpWatchError) || error.code !== 'NO_ENGINE') return null
  const { cause } = error
  return typeof cause === 'object' && cause !== null && 'failures' in cause
    ? (cause as Refusal)
    : null
}
