/** What is thought of a connection, and what is worth telling. */
import type { Role } from './attribution.ts'
import type { Connection } from './connection.ts'
import type { EpochMs, FindingId, ServerId } from './ids.ts'
import type { Protocol } from './observation.ts'

export const SCOPES = [
  'loopback',
  'self',
  'link-local',
  'metadata',
  'private',
  'unique-local',
  'cgnat',
  'multicast',
  'unspecified',
  'public',
] as const
export type Scope = (typeof SCOPES)[number]

export const TRAFFIC_CLASSES = ['launcher', 'install', 'server', 'telemetry', 'dns'] as const
export type TrafficClass = (typeof TRAFFIC_CLASSES)[number]

/** `rules`: this host, and the hosts that the record lists. */
export type Expectation = 'none' | 'local-only' | 'lan' | 'rules' | 'open'
/** `configuration`: the entry itself says whom a bridge is to talk to. */
export const EXPECTATION_SOURCES = [
  'policy',
  'configuration',
  'catalogue',
  'baseline',
  'default',
] as const
export type ExpectationSource = (typeof EXPECTATION_SOURCES)[number]

export const VERDICTS = ['expected', 'unexpected', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]

/**
 * Why a verdict is what it is. Closed list; a sentence for each in cli/render/words.ts. `name-not-known` passes: the
 * name was asked for and is not answered yet.
 */
export const VERDICT_REASONS = [
  'loopback',
  'this-host',
  'open-expectation',
  'registry',
  'nameserver',
  'beyond-local',
  'inherited',
  'developer-run',
  'registry-not-known',
  'relayed',
  'peer-not-observable',
  'process-unreadable',
  'inbound-local',
  'inbound-remote',
  'local-lookup',
  'local-network',
  'beyond-lan',
  'declared',
  'known-telemetry',
  'not-declared',
  'name-not-known',
  'name-lookup-failed',
  'name-lookup-off',
  'name-varies',
  'suffix-not-resolvable',
  'set-by-user',
  'maybe-sign-in',
  'metadata-service',
  'install-time',
] as const
export type VerdictReason = (typeof VERDICT_REASONS)[number]

/** `one-of-hosts`: several expected hosts have this address, and which of them was meant cannot be told. */
export const NAME_SOURCES = ['registry', 'listener', 'expected-host', 'one-of-hosts'] as const
export type NameSource = (typeof NAME_SOURCES)[number]

export interface Name {
  readonly name: string
  readonly source: NameSource
  readonly at: EpochMs
}

export interface JudgedConnection {
  readonly connection: Connection
  readonly serverId: ServerId
  readonly names: readonly Name[]
  readonly scope: Scope
  readonly trafficClass: TrafficClass
  readonly verdict: Verdict
  readonly reason: VerdictReason
  /** What listens at a loopback destination passes traffic on. */
  readonly relayed: boolean
}

export const FINDING_KINDS = [
  'local-only-egress',
  'unreadable-server',
  'undeclared-destination',
  'metadata-service',
  'exposed-listener',
  'install-time-egress',
  'new-destination',
  'raw-socket',
  'config-drift',
  'unconfigured-server',
  'orphan-egress',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]
export const SEVERITIES = ['low', 'medium', 'high'] as const
export type Severity = (typeof SEVERITIES)[number]

/** `port` is the local one for an inbound connection, else the remote one; of a listener both are local. */
export interface FindingDestination {
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
  readonly scope: Scope
}

export interface Finding {
  readonly id: FindingId
  readonly kind: FindingKind
  readonly severity: Severity
  /** Every connection that showed it came to nothing, or has no answer yet. */
  readonly attempted: boolean
  readonly serverId: ServerId
  /** Where servers cannot be told apart: all that it may be of, `serverId` among them. Left out where it is certain. */
  readonly oneOf?: readonly ServerId[]
  readonly destination: FindingDestination | null
  readonly process: {
    readonly pid: number
    readonly role: Role
    readonly executable: string | null
  } | null
  readonly firstSeen: EpochMs
  readonly lastSeen: EpochMs
  /** How many connections (or instances or sockets, for kinds without destination) showed it. */
  readonly count: number
  /** What happened, why it matters and what to do; one paragraph, no secrets, no control characters. */
  readonly explanation: string
}
