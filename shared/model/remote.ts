/** What is counted of a client's own connections to the remote servers that it is configured with. */
import type { EpochMs, ServerId } from './ids.ts'

/** A client's end of a connection that is open, so that it is known again after a restart. */
export interface HeldSocket {
  readonly bootId: string
  readonly netns: string
  readonly address: string
  readonly port: number
}

/**
 * One address of one remote server, as news: added to what was told before. Of a client's other traffic there is
 * nothing.
 */
export interface Reached {
  readonly serverId: ServerId
  /** Canonical (RFC 5952, IPv4-mapped folded). */
  readonly address: string
  readonly port: number
  readonly firstSeen: EpochMs
  readonly lastSeen: EpochMs
  /** Those that are counted for the first time. */
  readonly connections: number
  /** Open at this moment, in place of what was told before. */
  readonly open: number
  /** Of the open ones, in place of what was told before; not all of very many. */
  readonly held: readonly HeldSocket[]
}

/** What an earlier run left open. */
export interface ReachedBefore extends Pick<Reached, 'serverId' | 'address' | 'port' | 'held'> {
  readonly client: string
}

/** `begins`: nothing that an earlier run left is open, but for what is told here. */
export interface ReachedNews {
  readonly begins: boolean
  readonly contacts: readonly Reached[]
}
