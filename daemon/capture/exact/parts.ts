/** What the exact engine is made of: where its events come from, and the book that they are kept in. Types only. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type {
  DegradedReason,
  Holder,
  RawSocket,
  Snapshot,
} from '../../../shared/model/observation.ts'
import type { SocketEvent } from './socket-event.ts'

/** One record, read in place: `words[first]` is its first word (record-layout.ts). Valid during the call alone. */
export type TakeRecord = (words: Uint32Array, first: number) => void

export interface SourceHearer {
  /** Something may have come. Called on the event loop, at most some hundred times a second. */
  wake(): void
  /** Nothing comes any more; called once. `silentMs`: for how long nothing may have come already, unnoticed. */
  fail(error: unknown, silentMs?: number): void
}

/** Records of the whole machine (our own programs), or of one user's processes (the capture service). */
export interface ExactSource {
  readonly kind: 'own' | 'service'
  start(hearer: SourceHearer): void
  /** Hands over what has come, in the order of the kernel, and never waits. The answer: how many were lost since. */
  drain(take: TakeRecord): number
  degraded(): readonly DegradedReason[]
  /** Resolves when nothing is left of it, within 100 ms. Can be repeated. */
  stop(): Promise<void>
}

/** Whose an attempt is: the process that made the call. */
export interface AttemptOwner {
  readonly holder: Holder
  /** `net:[inode]`; null where it is not known. */
  readonly netns: string | null
}

/** `stranger`: no process of ours. `unknown`: cannot be told yet. */
export type Ownership = AttemptOwner | 'stranger' | 'unknown'

/** Attempts of one process whose owner is not known yet. */
export interface Unowned {
  readonly pid: number
  readonly uid: number
  readonly comm: string
  /** Of the first of them. */
  readonly atNs: number
}

export interface Told {
  readonly snapshots: readonly Snapshot[]
  readonly rawSockets: readonly RawSocket[]
}

/** Attempts and connections by the socket's cookie, as the kernel's events tell of them. No I/O. */
export interface AttemptBook {
  /** Whether events without an actor concern this socket. */
  knows(cookie: number): boolean
  /** Events of our own processes, or of some that may turn out to be. */
  hear(event: SocketEvent): void
  unowned(): readonly Unowned[]
  /** Asked for each of `unowned`; the attempts of a stranger are forgotten. */
  settle(ownerOf: (who: Unowned) => Ownership): void
  /** Something that was not told yet: an attempt of an owner that is known, or an end. */
  hasNews(): boolean
  /** Among it is what nobody was told yet: a new attempt, or one that went otherwise than was told. */
  isUrgent(): boolean
  /** How many attempts there was no room for, or whose owner stayed unknown, since the last call. */
  takeLost(): number
  /**
   * The sampled snapshots with what is known here in place of the rows of the same sockets, and what ended since the
   * last call, once. A row that did not change is the same object again.
   */
  tell(sampled: readonly Snapshot[], now: { readonly at: EpochMs; readonly atNs: number }): Told
}
