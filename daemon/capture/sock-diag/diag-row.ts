/** One socket as the kernel tells it over sock_diag(7). */
import type {
  Bytes,
  Protocol,
  SocketAddress,
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
  /** Null where it was not asked for or the kernel does not tell. */
  readonly bytes: Bytes | null
}
