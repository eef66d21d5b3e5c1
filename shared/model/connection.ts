/** A connection of an instance, merged from observations. */
import type { Role } from './attribution.ts'
import type { ConnectionId, EpochMs, InstanceId, ProcessKey } from './ids.ts'
import type { Bytes, Protocol, SocketAddress } from './observation.ts'
import type { Outcome } from './outcome.ts'

export interface Owner {
  readonly process: ProcessKey
  readonly pid: number
  readonly role: Role
  readonly executable: string | null
}

export interface Connection {
  readonly id: ConnectionId
  readonly instance: InstanceId
  readonly netns: string
  readonly protocol: Protocol
  readonly local: SocketAddress
  readonly remote: SocketAddress
  readonly inode: number | null
  /** Of the socket, in hex, where the engine tells it: tells two connections with the same ends apart. */
  readonly cookie: string | null
  /** `inbound`: the local port was a listening one; `port` of its destination is then the local port. */
  readonly direction: 'outbound' | 'inbound'
  /** The outermost process of the instance that holds it; null for a candidate row of an unreadable instance. */
  readonly owner: Owner | null
  /** For an unreadable instance: processes that may be the owner. Empty otherwise. */
  readonly candidates: readonly Owner[]
  /** Also held outside the instance (a leaked descriptor): shown, never judged. */
  readonly inherited: boolean
  readonly outcome: Outcome
  /** Was open when watching began, so `firstSeen` is not when it was opened. */
  readonly openedBefore: boolean
  readonly firstSeen: EpochMs
  readonly lastSeen: EpochMs
  readonly closedAt: EpochMs | null
  /** As of the last look, final once closed; null where not known. */
  readonly bytes: Bytes | null
}
