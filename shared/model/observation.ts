/** What a capture engine reports: facts about sockets, without any judgement of whose they are. */
import type { EpochMs, ProcessKey } from './ids.ts'
import type { Outcome } from './outcome.ts'

export type Protocol = 'tcp' | 'udp'

/** `address` is canonical (RFC 5952, IPv4-mapped folded to IPv4); `zone` is the interface of a link-local one. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
  readonly zone: string | null
}

/** TCP states folded to what is needed here; a UDP socket is `connected` or `unconnected`. */
export type SocketState =
  | 'listen'
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'closing'
  | 'time-wait'
  | 'connected'
  | 'unconnected'

/** A watched process that holds a descriptor of the socket. */
export interface Holder {
  readonly process: ProcessKey
  readonly pid: number
}

/** Payload of one connection in bytes, each way, without retransmissions; null for a way that is not counted (UDP). */
export interface Bytes {
  readonly sent: number | null
  readonly received: number | null
}

export interface SocketRow {
  readonly protocol: Protocol
  readonly state: SocketState
  readonly local: SocketAddress
  /** Null for a listener and for an unconnected UDP socket. */
  readonly remote: SocketAddress | null
  /** Socket inode; null once no process holds it (time-wait) or where the tool does not tell. */
  readonly inode: number | null
  /** Kernel socket cookie in hex, where known. */
  readonly cookie: string | null
  readonly uid: number | null
  readonly cgroup: string | null
  /** A listener at `::` that takes no IPv4 (ipv6(7), IPV6_V6ONLY). Left out of one that does, and where nobody tells. */
  readonly v6Only?: true
  /** Watched processes that hold it; empty is "no watched process was seen holding it". */
  readonly holders: readonly Holder[]
  /** Every process that may be read was, and none holds it. Looked into only while a watched one cannot be read. */
  readonly unclaimed?: true
  /** Where the engine looks more often than it tells: when it was first seen. Else the snapshot's time counts. */
  readonly firstSeen?: EpochMs
  /** It is over since then; told once, also when it came and went between two batches. */
  readonly endedAt?: EpochMs
  /** Left out where the engine cannot tell; null when this one's could not be learned. Final once it has ended. */
  readonly bytes?: Bytes | null
  /** Where the engine knows how the attempt went; else it follows from the state. */
  readonly outcome?: Outcome
}

/** A watched process made a socket that sends and hears packets past TCP and UDP: raw(7) or packet(7). */
export interface RawSocket {
  readonly holder: Holder
  readonly family: 'ipv4' | 'ipv6' | 'packet'
  readonly at: EpochMs
}

/**
 * One sample of one network namespace. `complete` is false when the tool was cut short: then absence proves nothing.
 * `hostWide` tells whether the rows are all sockets of the namespace (ss) or only the watched processes' (lsof).
 */
export interface Snapshot {
  readonly kind: 'snapshot'
  /** `net:[inode]`, or `host` where namespaces do not exist. */
  readonly netns: string
  readonly at: EpochMs
  readonly complete: boolean
  readonly hostWide: boolean
  /** All TCP listeners of the namespace are among the rows, whoever holds them. Not needed where it is `hostWide`. */
  readonly listsListeners?: true
  readonly rows: readonly SocketRow[]
}

/** How well one watched process was looked after since the last batch. */
export interface Attention {
  readonly process: ProcessKey
  /** Time in ms in which its CPU clock stood still: it opened nothing. */
  readonly quietMs: number
  /** Time in ms in which it ran, and was sampled. */
  readonly activeMs: number
  /** Of `activeMs` the part in which a connection held 50 ms was certain, or as likely as this, to be seen. */
  readonly seen50Ms: number
}

/** Connections of others since the last batch, counted by an engine that tells of watched processes' rows only. */
export interface OtherCounts {
  /** A complete sample saw it, or no watched process ran while it lived. */
  readonly foreign: number
  /** Nobody was seen with it, and a watched process could have made it. */
  readonly unknown: number
}

/** Everything one sample saw, one snapshot a namespace, and the watched processes that could not be read. */
export interface Batch {
  readonly at: EpochMs
  readonly snapshots: readonly Snapshot[]
  readonly unreadable: readonly ProcessKey[]
  readonly others?: OtherCounts
  readonly attention?: readonly Attention[]
  /** Datagrams of sockets without a fixed destination are told with where they went. */
  readonly seesDatagrams?: true
  /** Made since the last batch, each told once. */
  readonly rawSockets?: readonly RawSocket[]
  /** The kernel had more to tell than it could keep since then: what is missing is not known. */
  readonly lostSince?: EpochMs
}

/** Why an engine sees less than it could. Closed list; each has a sentence in daemon/capture/degraded.ts. */
export const DEGRADED_REASONS = [
  'sampling',
  'lsof-sampling',
  'gated-sampling',
  'inbound-sampled',
  'no-process-events',
  'no-close-events',
  'cpu-clock-unreadable',
  'cgroup2-not-visible',
  'other-users-not-readable',
  'process-unreadable',
  'other-namespace-unreadable',
  'tool-failed',
  'tool-slow',
  'unconnected-udp',
  'better-engine-refused',
  'processes-hidden',
  'snap-confined',
  'inside-windows',
  'inside-container',
  'container-relays',
  'containers-sampled',
] as const
export type DegradedReason = (typeof DEGRADED_REASONS)[number]

/** From the best down: the order of the ladder. */
export const ENGINE_NAMES = ['bpf', 'sock-diag', 'ss', 'lsof'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]
/** Engines that run a program of the system. */
export type ToolName = Exclude<EngineName, 'bpf' | 'sock-diag'>

export interface EngineDescription {
  readonly name: EngineName
  /** Null for an engine that is told of events instead of looking. */
  readonly intervalMs: number | null
  /** Share of connections held 1 s that it is expected to see, 0 to 1. */
  readonly expectedRecall: number
  readonly degraded: readonly { readonly code: DegradedReason; readonly message: string }[]
}

/**
 * Whose descriptors an engine reads. `client`: one that is configured with remote servers, or a process below it; `peer`
 * is the process behind a loopback destination of a watched server.
 */
export interface WatchedProcess {
  readonly key: ProcessKey
  readonly pid: number
  readonly netns: string | null
  readonly kind: 'member' | 'client' | 'ancestor' | 'peer'
}
