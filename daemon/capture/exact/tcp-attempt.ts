/** One TCP connection as the events of its socket tell of it, from connect(2) to CLOSE (RFC 9293, 3.3.2). Pure. */
import type { Bytes } from '../../../shared/model/observation.ts'
import type { Outcome } from '../../../shared/model/outcome.ts'
import { destination, isSameEnd, type TcpFacts } from './attempt-facts.ts'
import { type SocketEvent, TCP_STATE } from './socket-event.ts'
import { payloadAtClose } from './tcp-bytes.ts'

type Connect = Extract<SocketEvent, { kind: 'connect' }>
type Connecting = Extract<SocketEvent, { kind: 'connecting' }>
type Closed = Extract<SocketEvent, { kind: 'closed' }>

/** Only a connection that was established gets into these. */
const CONNECTED: ReadonlySet<number> = new Set([
  TCP_STATE.established,
  TCP_STATE.finWait1,
  TCP_STATE.finWait2,
  TCP_STATE.closeWait,
  TCP_STATE.lastAck,
  TCP_STATE.closing,
])
const NOTHING: Bytes = { sent: 0, received: 0 }

export function startTcp({ atNs, remote }: Connect): TcpFacts {
  return {
    protocol: 'tcp',
    startNs: atNs,
    newsNs: atNs,
    remote: destination(remote),
    local: null,
    end: null,
    phase: 'asked',
    isGivenUp: false,
    releasedFrom: null,
    receivedAtHalfClose: null,
  }
}

/** A connect(2) that is repeated while nothing is decided is no other attempt. */
export function isRepeated({ phase, remote }: TcpFacts, again: Connect): boolean {
  return (phase === 'asked' || phase === 'waiting') && isSameEnd(remote, destination(again.remote))
}

/** What can be said of one whose end was not told: its socket is known to be elsewhere. */
export function endUntold(facts: TcpFacts, atNs: number, bytes: Bytes | null = null): TcpFacts {
  const outcomes = { asked: 'no-route', waiting: 'unknown' } as const
  switch (facts.phase) {
    case 'asked':
    case 'waiting':
      return ended(facts, atNs, outcomes[facts.phase], bytes ?? NOTHING)
    case 'established':
    case 'closing':
      return ended(facts, atNs, 'established', bytes)
  }
}

/** The same object where the event tells nothing new. Nothing is told of one that has ended. */
export function advanceTcp(before: TcpFacts, event: SocketEvent): TcpFacts {
  if (before.end !== null) return before
  const facts = { ...before, newsNs: Math.max(before.newsNs, event.atNs) }
  const { phase } = facts
  switch (event.kind) {
    case 'connecting':
      return connecting(facts, event) ?? before
    case 'established':
      return phase === 'asked' || phase === 'waiting' ? { ...facts, phase: 'established' } : before
    case 'half-closed':
      return { ...facts, phase: 'closing', receivedAtHalfClose: event.received }
    case 'retried':
      return event.isLast ? { ...facts, isGivenUp: true } : facts
    case 'closed':
      return closed(facts, event)
    case 'released':
      return released(facts, event.atNs, event.state)
    case 'connect':
    case 'send':
    case 'datagram':
    case 'raw-socket':
      return before
  }
}

/** What the kernel connects to counts: a program in it may have put another address in. Null for nothing new. */
function connecting(facts: TcpFacts, { local, remote }: Connecting): TcpFacts | null {
  if (remote.port === 0) return null
  const phase = facts.phase === 'asked' ? 'waiting' : facts.phase
  if (facts.local === null) return { ...facts, phase, local, remote }
  return phase === facts.phase ? null : { ...facts, phase }
}

function closed(facts: TcpFacts, event: Closed): TcpFacts {
  if (isConnected(facts) || CONNECTED.has(event.from)) {
    return ended(facts, event.atNs, 'established', payloadAtClose(event, facts))
  }
  return ended(facts, event.atNs, failure(facts), NOTHING)
}

/** Of one that was not established: who has given it up. */
function failure({ releasedFrom, isGivenUp }: TcpFacts): Outcome {
  if (releasedFrom !== null) return 'abandoned'
  return isGivenUp ? 'timed-out' : 'refused'
}

/** CLOSE comes later, if there is anything to close. */
function released(facts: TcpFacts, atNs: number, state: number): TcpFacts {
  if (CONNECTED.has(state)) {
    const phase = isConnected(facts) ? facts.phase : 'established'
    return { ...facts, phase, releasedFrom: state }
  }
  // Also where data for the first packet was waited for (TCP_FASTOPEN_CONNECT, tcp(7)): nothing was sent.
  if (facts.phase === 'asked') return endUntold(facts, atNs)
  if (state !== TCP_STATE.close) return { ...facts, releasedFrom: state }
  // That it was closed before was lost.
  return isConnected(facts) ? endUntold(facts, atNs) : ended(facts, atNs, failure(facts), NOTHING)
}

function isConnected({ phase }: TcpFacts): boolean {
  return phase === 'established' || phase === 'closing'
}

function ended(facts: TcpFacts, atNs: number, outcome: Outcome, bytes: Bytes | null): TcpFacts {
  return { ...facts, end: { atNs: Math.max(atNs, facts.startNs), outcome, bytes } }
}
