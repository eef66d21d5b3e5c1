/** Lists the packet(7) sockets of one network namespace: no event tells of them (linux/packet_diag.h). */
import { type Exchange, type ExchangeEnd, mayHelpToRepeat, TRIES } from './dump-exchange.ts'

/** Inodes of packet sockets that some process holds; null when the list was disturbed, which says nothing of them. */
export type PacketList = () => ReadonlySet<number> | null

const AF_PACKET = 17
const SOCK_DIAG_BY_FAMILY = 20
const REQUEST = 0x1
const DUMP = 0x300
/** `struct nlmsghdr` (16) with `struct packet_diag_req` (20), and with `struct packet_diag_msg` (16). */
const REQUEST_BYTES = 36
const MESSAGE_BYTES = 32
const AT = { family: 16, inode: 20 } as const
/** A program with a user namespace of its own may open as many as it has descriptors for. */
const MAX_SOCKETS = 10_000

/** The request for all of them, without what they are bound to; its number is written by the sender. */
export function packetRequest(): Uint8Array {
  const view = new DataView(new ArrayBuffer(REQUEST_BYTES))
  view.setUint32(0, REQUEST_BYTES, true)
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true)
  view.setUint16(6, REQUEST | DUMP, true)
  view.setUint8(AT.family, AF_PACKET)
  return new Uint8Array(view.buffer)
}

/**
 * The inode in the message at `start`, which ends at `end`; the caller has seen that both lie inside. Null for a socket
 * that no process holds, and for what is no such message. Pure and total.
 */
export function readPacketInode(view: DataView, start: number, end: number): number | null {
  if (end - start < MESSAGE_BYTES || view.getUint8(start + AT.family) !== AF_PACKET) return null
  const inode = view.getUint32(start + AT.inode, true)
  return inode === 0 ? null : inode
}

/**
 * A kernel that refuses is taken to have none and not asked again: each time it may look for a module. Of very many
 * sockets the first are listed. A list that was disturbed is asked for again, three times at most.
 */
export function createPacketList(exchange: Exchange): PacketList {
  const request = packetRequest()
  let isListed = true
  const once = (inodes: Set<number>): ExchangeEnd =>
    exchange.ask(request, 'list', (view, start, end) => {
      const inode = readPacketInode(view, start, end)
      if (inode !== null) inodes.add(inode)
      return inodes.size < MAX_SOCKETS
    })
  return () => {
    for (let tries = 1; isListed; tries += 1) {
      const inodes = new Set<number>()
      const end = once(inodes)
      if (end.kind === 'done' || end.kind === 'too-many') return inodes
      if (!mayHelpToRepeat(end)) isListed = false
      else if (tries === TRIES) return null
    }
    return new Set()
  }
}
