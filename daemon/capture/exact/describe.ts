/** What the engine says of itself. */
import type { DegradedReason, EngineDescription } from '../../../shared/model/observation.ts'
import { degradedList } from '../degraded.ts'
import type { ExactSource } from './parts.ts'

/** What looking at sockets from time to time keeps from the other engine, and not from this one. */
const SAMPLERS_ONLY: ReadonlySet<DegradedReason> = new Set([
  'gated-sampling',
  'unconnected-udp',
  'no-close-events',
  'cpu-clock-unreadable',
  'other-namespace-unreadable',
  'process-unreadable',
])

export function describeExact(sampled: EngineDescription, source: ExactSource): EngineDescription {
  return {
    name: 'bpf',
    intervalMs: null,
    expectedRecall: 1,
    degraded: [
      ...degradedList(['inbound-sampled', ...source.degraded()]),
      ...sampled.degraded.filter(({ code }) => !SAMPLERS_ONLY.has(code)),
    ],
  }
}
