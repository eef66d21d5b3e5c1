/** The result of one tick: what the store commits in one transaction, and then alert and feed get. */
import type { Instance, UnconfiguredBefore } from './attribution.ts'
import type { Delivery } from './delivery.ts'
import type { DriftMemory, DriftResult } from './drift.ts'
import type { EpochMs, InstanceId, ServerId } from './ids.ts'
import type { Expectation, ExpectationSource, Finding, JudgedConnection } from './judgement.ts'
import type { EngineDescription } from './observation.ts'
import type { HostRule, Mute } from './policy.ts'
import type { ReachedBefore, ReachedNews } from './remote.ts'
import type { Diagnostic, PackageRef, Server } from './server.ts'

export const GAP_REASONS = [
  'daemon-down',
  'sleep',
  'stalled',
  'failed-sample',
  'engine-change',
  'events-lost',
  'clock-set',
  'stored-late',
  'not-stored',
] as const
export type GapReason = (typeof GAP_REASONS)[number]

/**
 * A time in which nothing was watched; or, for the last three reasons, one of which the rows do not tell all: the wall
 * clock was set, what was seen was written later, or not all of it could be kept.
 */
export interface Gap {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly reason: GapReason
}

/** Why something of a server cannot be observed. */
export const NOT_OBSERVED_REASONS = [
  'remote-transport',
  'address-not-known',
  'name-lookup-off',
  'name-not-found',
  'client-not-readable',
  'in-client',
  'process-unreadable',
  'unconnected-udp',
  'other-namespace',
  'container-not-found',
  'container-elsewhere',
  'listener-not-told',
  'other-entry',
] as const
export type NotObservedReason = (typeof NOT_OBSERVED_REASONS)[number]

/** A configured server with what is known of its package and what it is expected to do. */
export interface ServerRecord {
  readonly server: Server
  readonly package: PackageRef | null
  readonly expectation: Expectation
  readonly expectationSource: ExpectationSource
  /** The hosts of expectation `rules`; empty for any other. */
  readonly rules: readonly HostRule[]
  /** `open`: what it starts may connect anywhere. */
  readonly children: 'same' | 'open'
  /** Where it is known to report its use to. */
  readonly telemetry: readonly HostRule[]
  /** It goes where its user points it: a host beyond the expectation is a question, not an accusation. */
  readonly setByUser: boolean
  /** What the user does not want to be told of it, as of now. */
  readonly mutes: readonly Mute[]
}

/**
 * A destination of a server, told coarsely so that a service's many addresses are one: `host NAME` or
 * `PROTOCOL PORT NETWORK` (/16 of IPv4, /32 of IPv6). `WATCHING_BEGAN` is when its history begins.
 */
export interface KnownDestination {
  readonly serverId: ServerId
  readonly key: string
  readonly firstSeen: EpochMs
}

export const WATCHING_BEGAN = 'watching-began'

/**
 * How many connections were counted since the last tick, each once: owned by an instance; foreign (held, but by no
 * watched process); unknown (nobody seen holding it, so a watched process could have made it).
 */
export interface ConnectionCounts {
  readonly owned: number
  readonly foreign: number
  readonly unknown: number
}

/**
 * How well a server was watched, in time of its processes (ms). A connection held 50 ms that it began at a random moment
 * was seen with a chance of (quietMs + seen50Ms) ÷ (quietMs + activeMs) or more: in quiet time it began none.
 */
export interface ServerAttention {
  readonly serverId: ServerId
  readonly quietMs: number
  readonly activeMs: number
  readonly seen50Ms: number
  /** Connections without known owner that ended while it ran: it may have made each of them. */
  readonly unknown: number
}

export interface TickResult {
  readonly at: EpochMs
  /** Set when the list of configured servers or what is known of them changed; the whole list then. */
  readonly servers: readonly ServerRecord[] | null
  readonly diagnostics: readonly Diagnostic[] | null
  /** Instances that are new or changed since the last tick. */
  readonly instances: readonly Instance[]
  readonly ended: readonly InstanceId[]
  readonly opened: readonly JudgedConnection[]
  /** Connections whose verdict, owner, outcome or names changed. A mere "still open" is not an update. */
  readonly updated: readonly JudgedConnection[]
  readonly closed: readonly JudgedConnection[]
  /** Findings that are new, or whose count, severity or last sighting changed. */
  readonly findings: readonly Finding[]
  /** What was met for the first time. */
  readonly learned: readonly KnownDestination[]
  /** Connections of clients to their remote servers; null, or left out, where nothing is new of them. */
  readonly reached?: ReachedNews | null
  /** What became of the clients' configuration. */
  readonly drift: DriftResult
  readonly coverage: {
    readonly engine: EngineDescription
    readonly counts: ConnectionCounts
    readonly gaps: readonly Gap[]
    /** Now and then, since it was last told; left out by engines that cannot tell. */
    readonly watched?: readonly ServerAttention[]
    /** What cannot be seen of which server at this tick; the whole list. */
    readonly notObserved: readonly {
      readonly serverId: ServerId
      readonly reason: NotObservedReason
    }[]
  }
}

/** What the store hands the pipeline at start, so that a restart repeats nothing and continues open rows. */
export interface Memory {
  readonly openConnections: readonly JudgedConnection[]
  readonly openInstances: readonly {
    readonly id: InstanceId
    readonly serverIds: readonly ServerId[]
    /** Their client was gone. */
    readonly orphaned?: boolean
    /** No entry declared them. */
    readonly unconfigured?: UnconfiguredBefore
  }[]
  readonly findings: readonly Finding[]
  /** What was decided about telling of them. */
  readonly deliveries: readonly Delivery[]
  readonly knownDestinations: readonly KnownDestination[]
  readonly drift: DriftMemory
  /** Clients' connections to their remote servers that were open. */
  readonly reached: readonly ReachedBefore[]
  /** Folders of the projects whose own files declare servers: looked for again after a restart. */
  readonly projectFolders: readonly string[]
  /** Wall time of the last committed tick, null for a new database. */
  readonly lastTickAt: EpochMs | null
}
