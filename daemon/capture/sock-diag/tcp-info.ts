/** Payload counts out of struct tcp_info (linux/tcp.h), which has grown with the kernel: fields count by its length. */
import type { Bytes } from '../../../shared/model/observation.ts'

const BYTES_RECEIVED = 128
const SEGMENTS_OUT = 136
const SEGMENTS_IN = 140
const DATA_SEGMENTS_IN = 152
const BYTES_SENT = 200
const BYTES_RETRANSMITTED = 208
/** Up to and with bytes_retrans: Linux 4.19. */
const NEEDED_BYTES = 216
/** CLOSE_WAIT, LAST_ACK, CLOSING: the peer's FIN has come, and was counted as one byte received. */
const FIN_COUNTED: ReadonlySet<number> = new Set([8, 9, 11])

/**
 * Bytes of payload each way, without retransmissions. Null on an older kernel, and where the counts were reset: an
 * abortive close (SO_LINGER 0) or a refused connect wipes them, and nothing is not known to have been sent then.
 * `state` is the kernel's number. Of a socket that has ended `received` may be one too many, for the peer's FIN.
 */
export function readBytes(view: DataView, at: number, length: number, state: number): Bytes | null {
  if (length < NEEDED_BYTES || at + NEEDED_BYTES > view.byteLength) return null
  // Not even a handshake: whatever happened is no longer told.
  if (view.getUint32(at + SEGMENTS_OUT, true) === 0 && view.getUint32(at + SEGMENTS_IN, true) === 0)
    return null
  const counted = uint64(view, at + BYTES_RECEIVED)
  const noData = view.getUint32(at + DATA_SEGMENTS_IN, true) === 0
  const fin = FIN_COUNTED.has(state) ? 1 : 0
  const sent = uint64(view, at + BYTES_SENT) - uint64(view, at + BYTES_RETRANSMITTED)
  return { sent: Math.max(0, sent), received: noData ? 0 : Math.max(0, counted - fin) }
}

/** Beyond 2^53 bytes, which no connection carries, the nearest number. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
}
