/** How the clients' configuration changes: what is kept of a configured server, and what became of it. */
import type { EpochMs, ServerId } from './ids.ts'
import type { Transport } from './server.ts'

/**
 * What may be kept of how a server is configured. Texts are for showing: redacted, bounded, without control characters.
 * Digests are keyed and tell only whether something is the same.
 */
export interface Print {
  readonly transport: Transport
  /** What is run, as `npx`, `node index.js` or a path; null for remote servers, and where it may hold a secret. */
  readonly command: string | null
  /** Of what is run: two programs of one name differ in it. A package is compared by its name. */
  readonly program: string
  /** As configured, as `npm some-server`; not what is installed. */
  readonly package: string | null
  readonly version: string | null
  /** Scheme, host and port. */
  readonly url: string | null
  /** Of the whole entry: command, arguments and address. */
  readonly whole: string
  readonly disabled: boolean
}

export const CHANGE_KINDS = ['added', 'removed', 'changed'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** `switch`: the server was switched off or on. */
export const CHANGED_FIELDS = [
  'command',
  'package',
  'version',
  'url',
  'arguments',
  'switch',
] as const
export type ChangedField = (typeof CHANGED_FIELDS)[number]

/** What makes two prints differ. A null is something that is not shown, or that there is none. */
export interface Difference {
  readonly field: ChangedField
  readonly from: string | null
  readonly to: string | null
}

/** A moment between two looks: not before `since`, and not after `at`. */
export interface Moment {
  readonly since: EpochMs
  readonly at: EpochMs
}

/** One thing that became of one entry. `field` is null for one that was added or removed. */
export interface ServerChange extends Moment {
  readonly serverId: ServerId
  readonly kind: ChangeKind
  readonly field: ChangedField | null
  readonly from: string | null
  readonly to: string | null
}

/** An entry that is or was in a client's file, with its print as it was last taken for granted. */
export interface KnownEntry {
  readonly serverId: ServerId
  readonly name: string
  readonly client: string
  readonly source: string
  readonly scope: string
  readonly print: Print
  readonly firstSeen: EpochMs
  /** When it appeared, or began to run something else, while its file was watched; null: it was there before. */
  readonly arrived: Moment | null
  /** False once it was taken out. */
  readonly present: boolean
}

/** What an earlier run knew. */
export interface DriftMemory {
  /** When entries began to be compared; null: never, so that what is there is taken for granted. */
  readonly since: EpochMs | null
  readonly entries: readonly KnownEntry[]
}

/** What a tick adds to it. */
export interface DriftResult {
  /** Set by the tick that takes for granted what is there. */
  readonly since: EpochMs | null
  /** Entries that are new or known otherwise than before. */
  readonly entries: readonly KnownEntry[]
  readonly changes: readonly ServerChange[]
}

export const NO_DRIFT: DriftResult = { since: null, entries: [], changes: [] }
export const NO_DRIFT_MEMORY: DriftMemory = { since: null, entries: [] }
