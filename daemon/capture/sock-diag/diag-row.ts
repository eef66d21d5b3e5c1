/** One socket as the kernel tells it over sock_diag(7), and what can be told from its row. Pure. */
import type {
  Bytes,
  Protocol,
  SocketAddress,
  SocketRow,
  SocketState,
} from '../../../shared/model/observation.ts'

export interface DiagRow {
  readonly protocol: Protocol
  readonly state: SocketState
  readonly local: SocketAddress
  /** Null for a listener, an unconnected UDP socket and one whose peer the kernel has forgotten. */
  readonly remote: SocketAddress | null
  /** Null while or after no process holds it. */
  readonly inode: number | null
  /** Null where the inode is: the kernel writes 0 then, which would mean root. */
  readonly uid: number | null
  /** Hexadecimal; stays the same for the life of the socket and is not used again. */
  readonly cookie: string
  readonly cgroupId: number | null
  readonly v6Only?: true
  /** Null where it was not asked for or the kernel does not tell. */
  readonly bytes: Bytes | null
}

/** Listeners are told whoever holds them. */
export function isListener({ state, protocol }: DiagRow): boolean {
  return protocol === 'tcp' && state === 'listen'
}

/**
 * A socket that was connected once and is again is for us another connection: UDP to somebody else; TCP after a failed
 * connect(2), or one to AF_UNSPEC, from another port too. Without inode it is what waits on of an earlier connection.
 */
export function isReconnected(before: DiagRow, now: DiagRow): boolean {
  if (before.remote === null || now.inode === null) return false
  if (now.remote === null || !isSameEnd(before.remote, now.remote)) return true
  return now.protocol === 'tcp' && !isSameEnd(before.local, now.local)
}

/** As the batch tells it, by nobody held. */
export function socketRow({ cgroupId: _cgroupId, bytes: _bytes, ...row }: DiagRow): SocketRow {
  return { ...row, cgroup: null, holders: [] }
}

function isSameEnd(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.address === b.address
}
