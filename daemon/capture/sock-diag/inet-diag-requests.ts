/** What the kernel is asked (sock_diag(7)): all sockets of a kind, or exactly one. Pure. */
import type { Protocol } from '../../../shared/model/observation.ts'
import type { DiagRow } from './diag-row.ts'
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP } from './inet-diag.ts'
import { addressBytes } from './inet-diag-addresses.ts'

const REQUEST = 0x1
const DUMP = 0x300
/** `struct nlmsghdr` and `struct inet_diag_req_v2`. */
const REQUEST_BYTES = 72
const SOCK_DIAG_BY_FAMILY = 20
const TCPDIAG_GETSOCK = 18
/** Asks for tcp_info: the bit of INET_DIAG_INFO (2) among the extensions, which count from 1. */
const EXTENSION_INFO = 0b10

/** `both` is for TCP only: the request from before sock_diag(7) has the kernel walk its table once for both. */
export type DumpFamily = typeof AF_INET | typeof AF_INET6 | 'both'

export interface DumpRequest {
  readonly family: DumpFamily
  readonly protocol: Protocol
  readonly states: number
  readonly info: boolean
}

/** The request for all sockets of a kind; its number is written by the sender. */
export function dumpRequest({ family, protocol, states, info }: DumpRequest): Uint8Array {
  const old = family === 'both'
  // The old request is 4 bytes longer and has the same fields in another order.
  const view = new DataView(new ArrayBuffer(old ? REQUEST_BYTES + 4 : REQUEST_BYTES))
  view.setUint32(0, view.byteLength, true)
  view.setUint16(4, old ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY, true)
  view.setUint16(6, REQUEST | DUMP, true)
  if (!old) view.setUint8(16, family)
  if (!old) view.setUint8(17, protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP)
  view.setUint8(old ? 19 : 18, info ? EXTENSION_INFO : 0)
  view.setUint32(old ? 68 : 20, states, true)
  return new Uint8Array(view.buffer)
}

/** The request for exactly this TCP socket with its byte counts; null for a row that names none. */
export function exactRequest(row: DiagRow, interfaceIndex: number): Uint8Array | null {
  const local = addressBytes(row.local.address)
  const remote = row.remote === null ? null : addressBytes(row.remote.address)
  if (row.protocol !== 'tcp' || row.remote === null || local === null || remote === null) {
    return null
  }
  const view = new DataView(new ArrayBuffer(REQUEST_BYTES))
  const bytes = new Uint8Array(view.buffer)
  view.setUint32(0, REQUEST_BYTES, true)
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true)
  view.setUint16(6, REQUEST, true)
  view.setUint8(16, local.length === 4 ? AF_INET : AF_INET6)
  view.setUint8(17, IPPROTO_TCP)
  view.setUint8(18, EXTENSION_INFO)
  view.setUint32(20, 0xffff_ffff, true)
  view.setUint16(24, row.local.port, false)
  view.setUint16(26, row.remote.port, false)
  bytes.set(local, 28)
  bytes.set(remote, 44)
  view.setUint32(60, interfaceIndex, true)
  view.setUint32(64, Number.parseInt(row.cookie.slice(-8), 16), true)
  view.setUint32(68, Number.parseInt(row.cookie.slice(0, -8) || '0', 16), true)
  return bytes
}
