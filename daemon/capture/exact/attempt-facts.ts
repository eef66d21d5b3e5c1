/** What the kernel told of one attempt to reach somebody, whoever made it. */
import type { Bytes, SocketAddress } from '../../../shared/model/observation.ts'
import type { Outcome } from '../../../shared/model/outcome.ts'

/** Times in ns of CLOCK_MONOTONIC. */
interface Common {
  readonly startNs: number
  /** When something was told of it last. */
  readonly newsNs: number
  readonly remote: SocketAddress
  /** Null until the kernel tells of it. */
  readonly local: SocketAddress | null
  readonly end: End | null
}

export interface End {
  readonly atNs: number
  readonly outcome: Outcome
  /** Null where they could not be learned. */
  readonly bytes: Bytes | null
}

/**
 * `asked`: connect(2) was called. `waiting`: the first packet is on its way. `closing`: the other end acknowledged that
 * we have sent all.
 */
export type TcpPhase = 'asked' | 'waiting' | 'established' | 'closing'

export interface TcpFacts extends Common {
  readonly protocol: 'tcp'
  readonly phase: TcpPhase
  readonly isGivenUp: boolean
  /** See tcp-bytes.ts, `Before`. */
  readonly releasedFrom: number | null
  readonly receivedAtHalfClose: number | null
}

/** What one UDP socket sends to one destination; an intent while it has sent nothing. */
export interface UdpFacts extends Common {
  readonly protocol: 'udp'
  readonly sent: number
}

export type AttemptFacts = TcpFacts | UdpFacts

/** Whether there is something to tell: an intent is none. */
export function isTellable(facts: AttemptFacts): boolean {
  return facts.local !== null || (facts.protocol === 'tcp' && facts.end !== null)
}

export function isSameEnd(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.address === b.address
}

/** Linux takes the unspecified address of a destination for this host (ip(7); connect(2) to INADDR_ANY). */
export function destination(remote: SocketAddress): SocketAddress {
  if (remote.address === '0.0.0.0') return { ...remote, address: '127.0.0.1' }
  return remote.address === '::' ? { ...remote, address: '::1' } : remote
}

/** As far as the kernel has told. */
export function outcomeSoFar(facts: AttemptFacts): Outcome {
  if (facts.end !== null) return facts.end.outcome
  const isWaiting =
    facts.protocol === 'tcp' && (facts.phase === 'asked' || facts.phase === 'waiting')
  return isWaiting ? 'unknown' : 'established'
}
