/** Writes what the kernel would: netlink messages with struct inet_diag_msg, byte by byte from linux/inet_diag.h. */
import ipaddr from 'ipaddr.js'
import { type NetlinkSocket, nativeFault } from '../../../daemon/native/native.ts'

export const ROW = 20
export const ERROR = 2
export const DONE = 3
export const INTERRUPTED = 0x10
export const MULTI = 0x2

export interface RawRow {
  readonly v6: boolean
  readonly state: number
  readonly local: { readonly address: string; readonly port: number }
  readonly remote: { readonly address: string; readonly port: number }
  readonly interfaceIndex?: number
  readonly cookie: bigint
  readonly uid?: number
  readonly inode?: number
  readonly attributes?: readonly Uint8Array[]
}

export function message(
  type: number,
  flags: number,
  sequence: number,
  body: Uint8Array,
): Uint8Array {
  const padded = new Uint8Array(16 + ((body.length + 3) & ~3))
  const view = new DataView(padded.buffer)
  view.setUint32(0, 16 + body.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, sequence, true)
  padded.set(body, 16)
  return padded
}

export function numberBody(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer)
}

export function attribute(kind: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, true)
  view.setUint16(2, kind, true)
  bytes.set(value, 4)
  return bytes
}

export function uint64(value: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([value]).buffer)
}

export function rowBody(row: RawRow): Uint8Array {
  const body = new Uint8Array(72)
  const view = new DataView(body.buffer)
  body[0] = row.v6 ? 10 : 2
  body[1] = row.state
  view.setUint16(4, row.local.port)
  view.setUint16(6, row.remote.port)
  body.set(addressBytes(row.local.address, row.v6), 8)
  body.set(addressBytes(row.remote.address, row.v6), 24)
  view.setUint32(40, row.interfaceIndex ?? 0, true)
  view.setBigUint64(44, row.cookie, true)
  view.setUint32(64, row.uid ?? 0, true)
  view.setUint32(68, row.inode ?? 0, true)
  return Buffer.concat([body, ...(row.attributes ?? [])])
}

/** An IPv4 address in an IPv6 row is written as the kernel has it there: mapped. */
function addressBytes(text: string, v6: boolean): number[] {
  const parsed = ipaddr.parse(text)
  if (!v6 || parsed.kind() === 'ipv6') return parsed.toByteArray()
  return [...Array<number>(10).fill(0), 255, 255, ...parsed.toByteArray()]
}

export interface TcpCounts {
  readonly received: bigint
  readonly segments: number
  readonly dataSegmentsIn: number
  readonly sent: bigint
  readonly retransmitted: bigint
}

/** struct tcp_info as of Linux 5.5 (232 bytes), or only the first `length` of it, as an older kernel has it. */
export function tcpInfo(counts: TcpCounts, length = 232): Uint8Array {
  const view = new DataView(new ArrayBuffer(232))
  view.setBigUint64(128, counts.received, true)
  view.setUint32(136, counts.segments, true)
  view.setUint32(152, counts.dataSegmentsIn, true)
  view.setBigUint64(200, counts.sent, true)
  view.setBigUint64(208, counts.retransmitted, true)
  return new Uint8Array(view.buffer).slice(0, length)
}

/** What one receive gives: a datagram, nothing, an error, or a datagram that is longer than it could be told. */
export type Received =
  | Uint8Array
  | 'nothing'
  | { readonly errno: string }
  | { readonly cut: number }

export interface FakeSocket extends NetlinkSocket {
  readonly sent: Uint8Array[]
}

/** `answer` gives what is received after each message that is sent; `sequence` is the number it was given. */
export function fakeSocket(
  answer: (sequence: number, sent: Uint8Array, nth: number) => readonly Received[],
): FakeSocket {
  const sent: Uint8Array[] = []
  const queue: Received[] = []
  return {
    sent,
    send(bytes) {
      sent.push(bytes.slice())
      const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true)
      queue.push(...answer(sequence, bytes, sent.length))
    },
    receive(into) {
      const next = queue.shift() ?? 'nothing'
      if (next === 'nothing') return 0
      if ('errno' in next) throw nativeFault('recvfrom', next.errno)
      if ('cut' in next) return next.cut
      into.set(next)
      return next.length
    },
    addMembership: () => undefined,
    attachFilter: () => true,
    close: () => undefined,
  }
}

/** The same message as an answer to another question. */
export function numbered(message: Uint8Array, sequence: number): Uint8Array {
  const copy = Uint8Array.from(message)
  new DataView(copy.buffer).setUint32(8, sequence, true)
  return copy
}

/** struct packet_diag_msg (linux/packet_diag.h). */
export function packetBody({ inode, cookie }: { inode: number; cookie: bigint }): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  view.setUint8(0, 17)
  view.setUint8(1, 3)
  view.setUint32(4, inode, true)
  view.setBigUint64(8, cookie, true)
  return new Uint8Array(view.buffer)
}
