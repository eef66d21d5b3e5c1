/** Which Unix socket is at the other end of another one: unix(7) socket pairs, by sock_diag(7) (linux/unix_diag.h). */
import { isNativeFault, type Native } from '../../native/native.ts'
import { NETLINK_SOCK_DIAG } from './dump.ts'
import { createExchange, type Exchange, mayHelpToRepeat, TRIES } from './dump-exchange.ts'

/** Inodes of sockets → the inode at the other end of each that has one and is of our network namespace. */
export type UnixPeers = (inodes: Iterable<number>) => ReadonlyMap<number, number>

const AF_UNIX = 1
const SOCK_DIAG_BY_FAMILY = 20
const REQUEST = 0x1
const ALL_STATES = 0xffff_ffff
const SHOW_PEER = 0x4
const NO_COOKIE = 0xffff_ffff
const UNIX_DIAG_PEER = 2
/** The two upper bits of a kind are flags. */
const KIND_MASK = 0x3fff
/** `struct nlmsghdr` (16) with `struct unix_diag_req` (24), and with `struct unix_diag_msg` (16). */
const REQUEST_BYTES = 40
const MESSAGE_BYTES = 32
const ASKED = { family: 16, states: 20, inode: 24, show: 28, cookie: 32 } as const
const TOLD = { family: 16, inode: 20 } as const

/** The question for one socket's peer; its number is written by the sender. */
export function peerRequest(inode: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(REQUEST_BYTES))
  view.setUint32(0, REQUEST_BYTES, true)
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true)
  view.setUint16(6, REQUEST, true)
  view.setUint8(ASKED.family, AF_UNIX)
  view.setUint32(ASKED.states, ALL_STATES, true)
  view.setUint32(ASKED.inode, inode, true)
  view.setUint32(ASKED.show, SHOW_PEER, true)
  view.setUint32(ASKED.cookie, NO_COOKIE, true)
  view.setUint32(ASKED.cookie + 4, NO_COOKIE, true)
  return new Uint8Array(view.buffer)
}

/**
 * The peer's inode in the message at `start`, which ends at `end`; the caller has seen that both lie inside. Null where
 * it is about another socket than `inode`, has no peer, or is no such message. Pure and total.
 */
export function readPeer(view: DataView, start: number, end: number, inode: number): number | null {
  if (end - start < MESSAGE_BYTES || view.getUint8(start + TOLD.family) !== AF_UNIX) return null
  if (view.getUint32(start + TOLD.inode, true) !== inode) return null
  for (let at = start + MESSAGE_BYTES; at + 4 <= end; ) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > end) return null
    const kind = view.getUint16(at + 2, true) & KIND_MASK
    if (kind === UNIX_DIAG_PEER && length >= 8) return view.getUint32(at + 4, true) || null
    at += (length + 3) & ~3
  }
  return null
}

/**
 * Needs no privilege. The socket to the kernel is open only while it is asked; one that refuses (without the module
 * unix_diag) is asked again the next time, which is seldom.
 */
export function createUnixPeers(native: Pick<Native, 'netlink'>): UnixPeers {
  return (inodes) => {
    const peers = new Map<number, number>()
    const wanted = [...inodes]
    if (wanted.length === 0) return peers
    let exchange: Exchange | null = null
    try {
      exchange = createExchange(native.netlink(NETLINK_SOCK_DIAG))
      for (const inode of wanted) {
        const peer = askPeer(exchange, inode)
        if (peer !== null) peers.set(inode, peer)
      }
    } catch (error) {
      if (!isNativeFault(error)) throw error
    } finally {
      exchange?.close()
    }
    return peers
  }
}

function askPeer(exchange: Exchange, inode: number): number | null {
  const request = peerRequest(inode)
  for (let tries = 0; tries < TRIES; tries += 1) {
    let peer: number | null = null
    const end = exchange.ask(request, 'one', (view, start, stop) => {
      peer = readPeer(view, start, stop, inode)
      return true
    })
    if (!mayHelpToRepeat(end)) return peer
  }
  return null
}
