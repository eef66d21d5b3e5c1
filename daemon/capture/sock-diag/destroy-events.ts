/** What the kernel tells of sockets at their end (sock_diag(7), SKNLGRP_*_DESTROY): no privilege, no owner, no time. */
import { isNativeFault, type Native, type NetlinkSocket } from '../../native/native.ts'
import type { DiagRow } from './diag-row.ts'
import { NETLINK_SOCK_DIAG } from './dump.ts'
import { createInterfaces } from './dump-interfaces.ts'
import { AT, cookieAt, type InterfaceName, IPPROTO_TCP, IPPROTO_UDP, readEnd } from './inet-diag.ts'
import { findAttributes } from './inet-diag-attributes.ts'
import { messageEnd, nextStart } from './inet-diag-messages.ts'
import { readBytes } from './tcp-info.ts'

export interface Destroyed {
  /**
   * Sockets that have ended since the last call, those of TCP in the kernel's order, then UDP. `inode`, `uid` and `cgroupId` are null, the
   * state is `closing`, `connected` or `unconnected`. `remote` is null where the kernel had forgotten it: listeners,
   * and connections that were aborted (SO_LINGER 0) or never came to be; their bytes are null then too.
   */
  readonly rows: readonly DiagRow[]
  /**
   * More TCP sockets ended than fit the queue: how many is not known. Lost ends of UDP are not said, as they are not
   * counted; what has gone from the list is gone all the same.
   */
  readonly overrun: boolean
}

export interface DestroyEvents {
  /** Takes what is there; never waits, never throws for what the kernel says. */
  drain(): Destroyed
  close(): void
}

/**
 * SKNLGRP_INET_TCP_DESTROY is 1, UDP's 2, and those of IPv6 3 and 4; their bits are one lower. Each protocol has a queue
 * of its own: every look-up of a name ends a few UDP sockets, and must not push out what TCP has to tell.
 */
const [TCP_GROUPS, UDP_GROUPS] = [0b0101, 0b1010]
/** Some 6,000 events for those who may (CAP_NET_ADMIN); others get what net.core.rmem_max allows, usually some 330. */
const QUEUE_BYTES = 8 * 1024 * 1024
/** An event has about 400 bytes. */
const BUFFER_BYTES = 8_192
/** In one call, so that a storm of closes cannot hold the daemon; the rest waits for the next. */
const MAX_EVENTS = 20_000

/** Of this thread's network namespace. Throws a `NativeFault` where the kernel has no such groups. */
export function createDestroyEvents(
  native: Pick<Native, 'netlink' | 'interfaceName'>,
): DestroyEvents {
  const tcp = native.netlink(NETLINK_SOCK_DIAG, { groups: TCP_GROUPS, receiveBuffer: QUEUE_BYTES })
  const udp = openOrClose(native, tcp)
  const interfaces = createInterfaces((index) => native.interfaceName(index))
  const bytes = new Uint8Array(BUFFER_BYTES)
  return {
    drain() {
      const rows: DiagRow[] = []
      interfaces.forget()
      const overrun = drainQueue(tcp, bytes, interfaces.name, rows)
      drainQueue(udp, bytes, interfaces.name, rows)
      return { rows, overrun }
    },
    close() {
      tcp.close()
      udp.close()
    },
  }
}

function openOrClose(native: Pick<Native, 'netlink'>, other: NetlinkSocket): NetlinkSocket {
  try {
    return native.netlink(NETLINK_SOCK_DIAG, { groups: UDP_GROUPS, receiveBuffer: QUEUE_BYTES })
  } catch (error) {
    other.close()
    throw error
  }
}

/** True when something was lost. */
function drainQueue(
  socket: NetlinkSocket,
  bytes: Uint8Array,
  interfaceName: InterfaceName,
  rows: DiagRow[],
): boolean {
  const view = new DataView(bytes.buffer)
  let overrun = false
  for (let events = 0; events < MAX_EVENTS; events += 1) {
    try {
      const length = socket.receive(bytes)
      if (length === 0) break
      if (length <= bytes.length) readEvents(view, length, interfaceName, rows)
    } catch (error) {
      if (!isNativeFault(error)) throw error
      overrun = true
      // Said once for all that was lost; what did fit is still there.
      if (error.errno !== 'ENOBUFS') break
    }
  }
  return overrun
}

/** All events of one datagram; what is not understood is passed over. */
export function readEvents(
  view: DataView,
  length: number,
  interfaceName: InterfaceName,
  into: DiagRow[],
): void {
  for (let start = 0; start < length; ) {
    const end = messageEnd(view, start, length)
    if (end < 0) return
    const row = readEvent(view, start, end, interfaceName)
    if (row !== null) into.push(row)
    start = nextStart(start, end)
  }
}

function readEvent(
  view: DataView,
  start: number,
  end: number,
  interfaceName: InterfaceName,
): DiagRow | null {
  if (end - start < AT.attributes) return null
  const local = readEnd(view, start, 'local', interfaceName)
  const remote = readEnd(view, start, 'remote', interfaceName)
  const found = findAttributes(view, start + AT.attributes, end)
  if (local === null || remote === null) return null
  if (found.protocol !== IPPROTO_TCP && found.protocol !== IPPROTO_UDP) return null
  const tcp = found.protocol === IPPROTO_TCP
  const connected = remote.port !== 0
  const state = view.getUint8(start + AT.state)
  return {
    protocol: tcp ? 'tcp' : 'udp',
    state: tcp ? 'closing' : connected ? 'connected' : 'unconnected',
    local,
    remote: connected ? remote : null,
    inode: null,
    uid: null,
    cookie: cookieAt(view, start),
    cgroupId: null,
    bytes:
      tcp && connected && found.info >= 0
        ? readBytes(view, found.info, found.infoLength, state)
        : null,
  }
}
