/** The attributes behind a row (netlink(7), struct rtattr): each a length, a kind, its value, padded to 4 bytes. Pure. */

const INET_DIAG_INFO = 2
const INET_DIAG_PROTOCOL = 10
/** Of sockets of IPv6 that listen or are closed, without being asked for (net/ipv4/inet_diag.c). */
const INET_DIAG_SKV6ONLY = 11
const INET_DIAG_CGROUP_ID = 21
/** The two upper bits of a kind are flags. */
const KIND_MASK = 0x3fff
const HEADER_BYTES = 4

export interface Attributes {
  /** Where tcp_info begins, -1 without. */
  readonly info: number
  readonly infoLength: number
  /** IPPROTO_ number; told of destroyed sockets only, else null. */
  readonly protocol: number | null
  readonly cgroupId: number | null
  readonly isV6Only: boolean
}

/** Those that are used, of all between `from` and `end`. What does not fit ends the list. */
export function findAttributes(view: DataView, from: number, end: number): Attributes {
  let [info, infoLength] = [-1, 0]
  let protocol: number | null = null
  let cgroupId: number | null = null
  let isV6Only = false
  for (let at = from; at + HEADER_BYTES <= end; ) {
    const length = view.getUint16(at, true)
    if (length < HEADER_BYTES || at + length > end) break
    const kind = view.getUint16(at + 2, true) & KIND_MASK
    const value = at + HEADER_BYTES
    if (kind === INET_DIAG_INFO) [info, infoLength] = [value, length - HEADER_BYTES]
    else if (kind === INET_DIAG_PROTOCOL && length > HEADER_BYTES) protocol = view.getUint8(value)
    else if (kind === INET_DIAG_SKV6ONLY && length > HEADER_BYTES) {
      isV6Only = view.getUint8(value) === 1
    } else if (kind === INET_DIAG_CGROUP_ID && length >= HEADER_BYTES + 8) {
      cgroupId = safeUint64(view, value)
    }
    at += (length + 3) & ~3
  }
  return { info, infoLength, protocol, cgroupId, isV6Only }
}

/** Null for 0 and from 2^53 on, where numbers are no longer exact. */
function safeUint64(view: DataView, at: number): number | null {
  const value = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : null
}
