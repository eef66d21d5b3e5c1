/** One attempt as it lies in the book: what the kernel told, whose it is, what was sampled of it, what was told of it. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { Bytes, Holder, SocketRow, SocketState } from '../../../shared/model/observation.ts'
import type { AttemptFacts } from './attempt-facts.ts'
import type { AttemptOwner } from './parts.ts'
import type { Actor } from './socket-event.ts'

/** What samples add. Of several the last counts, and what it does not tell stays. */
export interface Sampled {
  readonly netns: string
  readonly inode: number | null
  readonly uid: number | null
  readonly cgroup: string | null
  readonly state: SocketState | null
  readonly holders: readonly Holder[]
  readonly bytes: Bytes | null
}

/** As it was told last: where, since when, and how. */
export interface ToldRow {
  readonly netns: string
  readonly firstSeen: EpochMs
  readonly row: SocketRow
}

export interface Entry {
  readonly cookie: number
  readonly by: Actor
  facts: AttemptFacts
  owner: AttemptOwner | null
  sampled: Sampled | null
  told: ToldRow | null
  /** A sample says that it is over, and the kernel has not said so: it may still. */
  sampledEnd: SocketRow | null
  /** ns: when a sample had it last; when complete ones began to lack it. */
  shownNs: number
  lackedNs: number | null
}

/** A raw socket that was made, until it is known whose it is. */
export interface RawAttempt {
  readonly by: Actor
  readonly atNs: number
  readonly family: 'ipv4' | 'ipv6'
}

export function newEntry(cookie: number, by: Actor, facts: AttemptFacts): Entry {
  return {
    cookie,
    by,
    facts,
    owner: null,
    sampled: null,
    told: null,
    sampledEnd: null,
    shownNs: facts.startNs,
    lackedNs: null,
  }
}
