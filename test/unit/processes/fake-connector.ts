/** Messages as the kernel's process connector writes them (linux/cn_proc.h), and a socket that hands them out. */
import { endianness } from 'node:os'
import type { Native, NetlinkSocket } from '../../../daemon/native/native.ts'
import { nativeFault } from '../../../daemon/native/native.ts'

export type Told =
  | { kind: 'ack'; acknowledgement: number; error: number }
  | { kind: 'fork'; parent: number; child: number; thread?: number; atNs: number }
  | { kind: 'exec'; pid: number }
  | { kind: 'exit'; pid: number; thread?: number }
  | { kind: 'other'; what: number; pid: number }

const IS_LITTLE = endianness() === 'LE'
const HEADERS = 36

/** One datagram with these messages, one after the other. */
export function printDatagram(events: readonly Told[]): Uint8Array {
  const parts = events.map(printMessage)
  return Buffer.concat(parts)
}

function printMessage(told: Told): Uint8Array {
  const data = dataOf(told)
  const bytes = new Uint8Array(HEADERS + 16 + 24)
  const view = new DataView(bytes.buffer)
  const put = (at: number, value: number): void => view.setUint32(at, value >>> 0, IS_LITTLE)
  put(0, bytes.length)
  view.setUint16(4, 3, IS_LITTLE)
  put(16, 1)
  put(20, 1)
  // The kernel counts its messages there, whatever number the subscription had.
  put(24, 606)
  if (told.kind === 'ack') put(28, told.acknowledgement)
  view.setUint16(32, 40, IS_LITTLE)
  put(36, whatOf(told))
  view.setBigUint64(44, BigInt(told.kind === 'fork' ? told.atNs : 1), IS_LITTLE)
  for (const [index, value] of data.entries()) put(52 + 4 * index, value)
  return bytes
}

function whatOf(told: Told): number {
  switch (told.kind) {
    case 'ack':
      return 0
    case 'fork':
      return 1
    case 'exec':
      return 2
    case 'exit':
      return 0x8000_0000
    case 'other':
      return told.what
  }
}

function dataOf(told: Told): readonly number[] {
  switch (told.kind) {
    case 'ack':
      return [told.error]
    // The parent's thread is some other one: only the process counts.
    case 'fork':
      return [told.parent + 1, told.parent, told.thread ?? told.child, told.child]
    case 'exec':
      return [told.pid, told.pid]
    case 'exit':
      return [told.thread ?? told.pid, told.pid, 0, 17]
    case 'other':
      return [told.pid, told.pid]
  }
}

export interface FakeConnector {
  readonly native: Native
  /** What `receive` gives next: datagrams, or the name of an errno that it throws. */
  readonly queue: (Uint8Array | string)[]
  readonly sent: Uint8Array[]
  isClosed(): boolean
}

/** `fails`: the errno that opening or sending throws. */
export function createFakeConnector(
  fails: { readonly open?: string; readonly send?: string } = {},
): FakeConnector {
  const queue: (Uint8Array | string)[] = []
  const sent: Uint8Array[] = []
  let closed = false
  const socket: NetlinkSocket = {
    send(message) {
      if (fails.send !== undefined) throw nativeFault('sendto', fails.send)
      sent.push(message)
    },
    receive(into) {
      const next = queue.shift()
      if (next === undefined) return 0
      if (typeof next === 'string') throw nativeFault('recvfrom', next)
      into.set(next.subarray(0, into.length))
      return next.length
    },
    addMembership() {},
    attachFilter: () => true,
    close() {
      closed = true
    },
  }
  const native: Native = {
    bpf: null,
    cpuTimeNs: () => null,
    netlink() {
      if (fails.open !== undefined) throw nativeFault('bind', fails.open)
      return socket
    },
    inNetns: (_path, make) => make(),
    interfaceName: () => null,
    sendUnixDatagram: () => false,
    peerCredentials: () => ({ pid: 0, uid: 0, gid: 0 }),
    sharesTable: () => null,
  }
  return { native, queue, sent, isClosed: () => closed }
}
