/** Whose a process is by something else than its words: its container, the port it listens on, its package. */
import type {
  Instance,
  Quality,
  Reason,
  Role,
  Unconfigured,
} from '../../shared/model/attribution.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'

/** The process and its tree are a part of the instance that `launcher` is in, wherever they are in the process tree. */
export interface JoinClaim {
  readonly process: Process
  readonly launcher: Process
  readonly reasons: readonly Reason[]
  /** What else runs in a container beside its first process is a child of that. */
  readonly role: Extract<Role, 'server' | 'child'>
  /** It was taken for a part of another instance before it showed what it is. */
  readonly isMoved?: boolean
}

/** The process is the root of a running copy, unless it is a part of an instance or words name it. */
export interface RootClaim {
  readonly process: Process
  /** Sorted; several where they cannot be told apart, or where one copy serves them all (quality `listener`). */
  readonly serverIds: readonly [ServerId, ...ServerId[]]
  readonly quality: Quality
  readonly reasons: readonly Reason[]
  readonly orphaned: boolean
  /** It is in a container, where words and paths tell nothing: what it calls itself names no entry. */
  readonly isContained?: true
  /** Commands of which one has made its container. */
  readonly callers?: readonly Process[]
  /** For a server in no configuration. */
  readonly unconfigured?: Unconfigured
}

export interface Claims {
  /** Entries whose address is another than that of the copy which ran as theirs. */
  readonly moved?: ReadonlySet<ServerId>
  readonly joins: readonly JoinClaim[]
  readonly roots: readonly RootClaim[]
  /** First processes of containers that no claim is about: no entry is named by their words. */
  readonly strangers: ReadonlySet<Process>
  /** Whole numbers of containers that a command which is nobody's has made. */
  readonly disowned: ReadonlySet<string>
  /** Every container that runs, by its first process. */
  readonly containers: ReadonlyMap<Process, NonNullable<Instance['container']>>
}

export const NO_CLAIMS: Claims = {
  joins: [],
  roots: [],
  strangers: new Set(),
  disowned: new Set(),
  containers: new Map(),
}

/**
 * What stands behind an address on this machine: a process, or the container that the port is published for. `moved`:
 * the entry leads elsewhere since, and nobody is known there.
 */
export type ListeningAt =
  | { readonly kind: 'process'; readonly pid: number; readonly startTicks: number }
  | { readonly kind: 'container'; readonly id: string }
  | { readonly kind: 'moved' }
