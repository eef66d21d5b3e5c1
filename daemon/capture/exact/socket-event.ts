/** What the kernel's programs tell, one record each, as the rest of the engine sees it. */
import type { SocketAddress } from '../../../shared/model/observation.ts'

/** TCP states as the kernel numbers them (enum in linux/tcp_states.h), those that matter here. */
export const TCP_STATE = {
  established: 1,
  synSent: 2,
  finWait1: 4,
  finWait2: 5,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  closing: 11,
} as const

/** Who made the system call. */
export interface Actor {
  readonly pid: number
  readonly uid: number
  /** Short name of the thread, set by itself: to be shown where nothing better is known, never evidence. */
  readonly comm: string
}

interface Facts {
  /** ns of CLOCK_MONOTONIC. */
  readonly atNs: number
  /** The socket's cookie. Below 2^53 as long as a machine runs that counts them up. */
  readonly cookie: number
  /** Cookie of the network namespace; 0 where it is not told. */
  readonly netnsCookie: number
}

/**
 * A TCP connection is told as connect, connecting (both within connect(2)), then established or not, then closed and
 * released in the order in which they happen. Without `connecting` the kernel sent nothing. MPTCP's `released` bears
 * another cookie than the rest.
 */
export type SocketEvent = Facts &
  (
    | {
        readonly kind: 'connect'
        readonly protocol: 'tcp' | 'udp'
        readonly by: Actor
        readonly remote: SocketAddress
      }
    /** Of an unconnected UDP socket, the first to this destination. */
    | { readonly kind: 'send'; readonly by: Actor; readonly remote: SocketAddress }
    | {
        readonly kind: 'connecting'
        readonly local: SocketAddress
        readonly remote: SocketAddress
      }
    | { readonly kind: 'established' }
    /** FIN_WAIT2: the other end acknowledged our end. `received` as in `closed`. */
    | { readonly kind: 'half-closed'; readonly received: number }
    /** Nobody has answered: the first packet is sent once more, or, the last time, given up. */
    | { readonly kind: 'retried'; readonly isLast: boolean }
    | {
        readonly kind: 'closed'
        /** The state before (linux/tcp_states.h). */
        readonly from: number
        /** Sequence numbers that were acknowledged: payload, SYN and FIN. */
        readonly acked: number
        /** Sequence numbers received: payload and FIN. */
        readonly received: number
        /** All that was sent is acknowledged. */
        readonly isAllAcked: boolean
      }
    /** The last descriptor was closed. `state`: of TCP, at that moment. */
    | { readonly kind: 'released'; readonly state: number }
    /** Of UDP, to one destination: the first is told, later ones in sums so far from time to time and at the release. */
    | {
        readonly kind: 'datagram'
        readonly local: SocketAddress
        readonly remote: SocketAddress
        readonly datagrams: number
        readonly bytes: number
      }
    | { readonly kind: 'raw-socket'; readonly by: Actor; readonly family: 'ipv4' | 'ipv6' }
  )
