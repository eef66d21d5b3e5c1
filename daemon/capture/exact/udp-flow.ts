/** What one UDP socket sends to one destination. Pure. */
import { destination, type UdpFacts } from './attempt-facts.ts'
import type { SocketEvent } from './socket-event.ts'

type Intent = Extract<SocketEvent, { kind: 'connect' | 'send' }>
type Datagram = Extract<SocketEvent, { kind: 'datagram' }>

export function startUdp({ atNs, remote }: Intent): UdpFacts {
  return {
    protocol: 'udp',
    startNs: atNs,
    newsNs: atNs,
    remote: destination(remote),
    local: null,
    end: null,
    sent: 0,
  }
}

/** Counts are sums so far: one that is less is older. */
export function advanceUdp(facts: UdpFacts, { atNs, local, bytes }: Datagram): UdpFacts {
  return {
    ...facts,
    newsNs: Math.max(facts.newsNs, atNs),
    local: facts.local ?? local,
    sent: Math.max(facts.sent, bytes),
  }
}

/** What was received is not counted. */
export function endUdp(facts: UdpFacts, atNs: number): UdpFacts {
  const bytes = { sent: facts.sent, received: null }
  return { ...facts, end: { atNs: Math.max(atNs, facts.startNs), outcome: 'established', bytes } }
}
