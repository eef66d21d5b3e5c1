/** What is read of connections, one by one or summed: arrays, as there may be very many and their names cost. */
import type { Role } from '../../shared/model/attribution.ts'
import type { Scope, TrafficClass, Verdict, VerdictReason } from '../../shared/model/judgement.ts'
import type { Outcome } from '../../shared/model/outcome.ts'

/** Times in ms since the epoch, `candidates` as JSON; `instance` is null in sums. */
export type ContactTuple = [
  instance: string | null,
  server: string | null,
  destination: number,
  scope: Scope,
  trafficClass: TrafficClass,
  verdict: Verdict,
  reason: VerdictReason,
  relayed: number,
  inherited: number,
  outcome: Outcome,
  ownerPid: number | null,
  ownerRole: Role | null,
  ownerExecutable: string | null,
  candidates: string,
  connections: number,
  open: number,
  firstSeen: number,
  lastSeen: number,
  bytesSent: number | null,
  bytesReceived: number | null,
]
