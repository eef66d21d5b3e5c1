/** Ends that the kernel has not told of, or whose telling was lost: samples show them. Pure. */
import type { SocketRow } from '../../../shared/model/observation.ts'
import type { AttemptFacts } from './attempt-facts.ts'
import type { Moment } from './attempt-row.ts'
import type { Entry } from './book-entry.ts'
import { endUntold } from './tcp-attempt.ts'
import { endUdp } from './udp-flow.ts'

/** How long nothing must have shown that it lives, and how long samples must have lacked it. */
const SILENT_NS = 60e9
const LACKED_NS = 5e9

/** By a row that has ended or waits on (TIME_WAIT): when, and how much was counted then. */
export function endBySample(facts: AttemptFacts, row: SocketRow, now: Moment): AttemptFacts {
  const endedAt = row.endedAt ?? now.at
  const atNs = now.atNs - Math.max(0, now.at - endedAt) * 1e6
  if (facts.protocol === 'udp') return endUdp(facts, atNs)
  const isSeenOpen = row.state !== 'syn-sent' && row.state !== 'syn-received'
  const phase = isSeenOpen && facts.phase !== 'closing' ? 'established' : facts.phase
  const bytes = row.endedAt === undefined ? null : (row.bytes ?? null)
  return endUntold({ ...facts, phase }, atNs, bytes)
}

export function endLost(facts: AttemptFacts, atNs: number): AttemptFacts {
  return facts.protocol === 'udp' ? endUdp(facts, atNs) : endUntold(facts, atNs)
}

export function isLost({ facts, shownNs }: Entry, lackedNs: number, nowNs: number): boolean {
  const isSilent = nowNs - Math.max(shownNs, facts.newsNs) > SILENT_NS
  return isSilent && nowNs - lackedNs >= LACKED_NS
}
