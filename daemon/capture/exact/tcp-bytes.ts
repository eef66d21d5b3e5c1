/** Payload out of what the kernel counts, which is sequence numbers: SYN and FIN take one each (RFC 9293, 3.4). Pure. */
import type { Bytes } from '../../../shared/model/observation.ts'
import { TCP_STATE } from './socket-event.ts'

/** What the kernel told at the end, see `SocketEvent`. */
export interface Counted {
  readonly from: number
  readonly acked: number
  readonly received: number
  readonly isAllAcked: boolean
}

/** What was told before the end. */
export interface Before {
  /** State when the last descriptor was closed; null while one is open, and for MPTCP. */
  readonly releasedFrom: number | null
  /** Received when the other end had acknowledged our end; null where that was not told. */
  readonly receivedAtHalfClose: number | null
}

/** Of a connection that was established, and made by us. What was sent and never acknowledged does not count. */
export function payloadAtClose(counted: Counted, before: Before): Bytes {
  const ends = {
    own: isOwnEndAcked(counted) ? 1 : 0,
    other: isOtherEndHere(counted, before) ? 1 : 0,
  }
  return {
    sent: Math.max(0, counted.acked - 1 - ends.own),
    received: Math.max(0, counted.received - ends.other),
  }
}

/** In FIN_WAIT1 it never is: its acknowledgement is what leads out of that state. */
function isOwnEndAcked({ from, isAllAcked }: Counted): boolean {
  if (from === TCP_STATE.finWait2) return true
  return (from === TCP_STATE.lastAck || from === TCP_STATE.closing) && isAllAcked
}

/**
 * FIN_WAIT2 is left with the other's FIN or without. A socket that nobody holds any more is put away at once and what
 * still comes is not counted: when its last descriptor is closed in that state, or when it gets there later; then
 * nothing but a FIN is taken. While a descriptor is open, data comes too: a reset after data cannot be told from a FIN.
 */
function isOtherEndHere({ from, received }: Counted, before: Before): boolean {
  const { closeWait, lastAck, closing, finWait2 } = TCP_STATE
  if (from === closeWait || from === lastAck || from === closing) return true
  if (from !== finWait2 || before.releasedFrom === finWait2) return false
  return before.receivedAtHalfClose !== null && received > before.receivedAtHalfClose
}
