/** What the engine says of itself: how it looks, and what it cannot see here. */
import type { DegradedReason, EngineDescription } from '../../../shared/model/observation.ts'
import { degradedList } from '../degraded.ts'
import type { Births } from './births.ts'
import type { Gate } from './gate.ts'
import type { Spaces } from './spaces.ts'

interface Parts {
  readonly uid: number
  readonly births: Births
  readonly spaces: Spaces
  readonly gate: Gate
}

interface Hidden {
  readonly isClockHidden: boolean
  readonly isProcessHidden: boolean
  readonly isNamespaceUnreadable: boolean
  readonly isContainerSampled: boolean
}

export function describeEngine(
  { uid, births, spaces, gate }: Parts,
  hidden: Hidden,
): EngineDescription {
  const reasons: DegradedReason[] = ['gated-sampling', 'unconnected-udp']
  if (uid !== 0) reasons.push('other-users-not-readable')
  // Not while the kernel was only just asked.
  if (births.whyNot() !== null) reasons.push('no-process-events')
  if (!spaces.all().every((space) => space.hearsCloses())) reasons.push('no-close-events')
  if (hidden.isClockHidden) reasons.push('cpu-clock-unreadable')
  if (hidden.isProcessHidden) reasons.push('process-unreadable')
  if (hidden.isNamespaceUnreadable) reasons.push('other-namespace-unreadable')
  if (hidden.isContainerSampled) reasons.push('containers-sampled')
  return {
    name: 'sock-diag',
    intervalMs: gate.idleDelayMs,
    expectedRecall: 1,
    degraded: degradedList(reasons, { 'no-process-events': births.whyNot() }),
  }
}
