/** What the kernel writes about a socket: struct inet_diag_msg (sock_diag(7), linux/inet_diag.h). Pure and total. */
import type { Protocol, SocketAddress, SocketState } from '../../../shared/model/observation.ts'
import type { DiagRow } from './diag-row.ts'
import { ipv4Text, ipv6Text } from './inet-diag-addresses.ts'
import { findAttributes } from './inet-diag-attributes.ts'
import { readBytes } from './tcp-info.ts'

/** Name of an interface by its number, or something to stand for it; fit to stand behind `%`. */
export type InterfaceName = (index: number) => string

/** Positions in a message, from its very beginning (struct nlmsghdr is 16 bytes, struct inet_diag_msg 72). */
export const AT = {
  family: 16,
  state: 17,
  localPort: 20,
  remotePort: 22,
  local: 24,
  remote: 40,
  interface: 56,
  cookieLow: 60,
  cookieHigh: 64,
  uid: 80,
  inode: 84,
  attributes: 88,
} as const

export const AF_INET = 2
export const AF_INET6 = 10
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17

/** include/net/tcp_states.h. 7 (closed) and 13 (bound, not connected; kernel 6.8) are no connection of TCP. */
const TCP_STATES: readonly (SocketState | null)[] = [
  null,
  'established',
  'syn-sent',
  'syn-received',
  'closing',
  'closing',
  'time-wait',
  null,
  'closing',
  'closing',
  'listen',
  'closing',
  'syn-received',
]
const ESTABLISHED = 1
const CLOSED = 7
/** Everything that a row is made of; bit 13 is left out as it makes the kernel walk one more table. */
export const TCP_STATE_MASK = 0b1_1111_0111_1110
export const UDP_STATE_MASK = (1 << ESTABLISHED) | (1 << CLOSED)

/** The row at `start`, whose message ends at `end`; the caller has seen that both lie inside. */
export function readRow(
  view: DataView,
  start: number,
  end: number,
  protocol: Protocol,
  interfaceName: InterfaceName,
): DiagRow | 'ignored' | 'malformed' {
  if (end - start < AT.attributes) return 'malformed'
  const number = view.getUint8(start + AT.state)
  if (protocol === 'tcp' && (number === CLOSED || number === 13)) return 'ignored'
  const local = readEnd(view, start, 'local', interfaceName)
  const remote = readEnd(view, start, 'remote', interfaceName)
  if (local === null || remote === null) return 'malformed'
  const state = stateOf(protocol, number, remote.port)
  if (state === null) return 'malformed'
  const connected = state !== 'listen' && state !== 'unconnected'
  if (connected && remote.port === 0) return 'malformed'
  const inode = view.getUint32(start + AT.inode, true)
  const found = findAttributes(view, start + AT.attributes, end)
  const isV6Only = found.isV6Only && state === 'listen' && local.address === '::'
  return {
    protocol,
    state,
    local,
    remote: connected ? remote : null,
    inode: inode === 0 ? null : inode,
    uid: inode === 0 ? null : view.getUint32(start + AT.uid, true),
    cookie: cookieAt(view, start),
    cgroupId: inode === 0 ? null : found.cgroupId,
    ...(isV6Only ? V6_ONLY : {}),
    bytes: found.info < 0 ? null : readBytes(view, found.info, found.infoLength, number),
  }
}

const V6_ONLY = { v6Only: true } as const

/** A UDP socket connected to port 0 cannot send by that: see ss/parse.ts. */
function stateOf(protocol: Protocol, number: number, remotePort: number): SocketState | null {
  if (protocol === 'tcp') return TCP_STATES[number] ?? null
  if (number === CLOSED) return 'unconnected'
  if (number !== ESTABLISHED) return null
  return remotePort === 0 ? 'unconnected' : 'connected'
}

/** One end of a socket. Only the near one has a zone, as in what `ss` prints. Null for another family. */
export function readEnd(
  view: DataView,
  start: number,
  end: 'local' | 'remote',
  interfaceName: InterfaceName,
): SocketAddress | null {
  const family = view.getUint8(start + AT.family)
  if (family !== AF_INET && family !== AF_INET6) return null
  const at = start + AT[end]
  const port = view.getUint16(start + (end === 'local' ? AT.localPort : AT.remotePort), false)
  const index = end === 'local' ? view.getUint32(start + AT.interface, true) : 0
  return {
    address: family === AF_INET ? ipv4Text(view, at) : ipv6Text(view, at),
    port,
    zone: index === 0 ? null : interfaceName(index),
  }
}

export function cookieAt(view: DataView, start: number): string {
  const low = view.getUint32(start + AT.cookieLow, true)
  const high = view.getUint32(start + AT.cookieHigh, true)
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0')
}
