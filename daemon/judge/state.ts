/** What judging takes, gives and keeps. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Connection, Owner } from '../../shared/model/connection.ts'
import type { HostFacts, RegistryAnswer } from '../../shared/model/host.ts'
import type {
  ConnectionId,
  EpochMs,
  FindingId,
  InstanceId,
  ProcessKey,
  ServerId,
} from '../../shared/model/ids.ts'
import type { Finding, JudgedConnection } from '../../shared/model/judgement.ts'
import type { RawSocket, SocketAddress } from '../../shared/model/observation.ts'
import type { KnownDestination, Memory, ServerRecord } from '../../shared/model/tick.ts'
import { exposedBefore } from './exposed-key.ts'
import { type Histories, historiesOf } from './history.ts'
import type { NameBook } from './names.ts'
import type { Peer } from './peer.ts'
import { type Orphans, type UnconfiguredState, unconfiguredBefore } from './running-on.ts'

export interface JudgeInput {
  readonly at: EpochMs
  readonly records: ReadonlyMap<ServerId, ServerRecord>
  readonly instances: ReadonlyMap<InstanceId, Instance>
  /** All that are open, the opened and the updated among them. */
  readonly open: readonly Connection[]
  readonly opened: readonly Connection[]
  readonly updated: readonly Connection[]
  readonly closed: readonly Connection[]
  readonly unreadable: ReadonlySet<InstanceId>
  readonly host: HostFacts
  readonly registryOf: (process: ProcessKey) => RegistryAnswer
  readonly peerOf: (connection: Connection) => Peer
  readonly names: NameBook
  /** TCP sockets that members of instances listen on. */
  readonly listening: readonly Listening[]
  /** Raw and packet sockets that members made since the last look. */
  readonly rawSockets: readonly RawSighting[]
}

/** A member made a socket that sends and hears packets past TCP and UDP. */
export interface RawSighting {
  readonly instance: InstanceId
  readonly owner: Owner
  readonly family: RawSocket['family']
  readonly at: EpochMs
}

/** A listening socket of an instance. `inherited`: a process above the instance holds it too. */
export interface Listening {
  readonly instance: InstanceId
  readonly owner: Owner
  readonly inherited: boolean
  /** As others reach it. */
  readonly local: SocketAddress
  /** The port inside its container, where that is published as `local`. */
  readonly inside?: number
}

export interface JudgeState {
  /** The open connections as last judged. */
  readonly judged: ReadonlyMap<ConnectionId, JudgedConnection>
  /** Closed ones of launchers whose registry was not known in time: judged again when it is. */
  readonly waiting: ReadonlyMap<ConnectionId, JudgedConnection>
  /** What was judged by. */
  readonly records: ReadonlyMap<ServerId, ServerRecord> | null
  readonly findings: ReadonlyMap<FindingId, Finding>
  /** Open connections that a finding has counted. */
  readonly counted: ReadonlySet<ConnectionId>
  /** Running instances whose unreadable process a finding has counted. */
  readonly hidden: ReadonlySet<InstanceId>
  /** Listeners that a finding has counted and that are still there. */
  readonly exposed: ReadonlySet<string>
  /** Running instances that no configuration declares, and since when. */
  readonly unconfigured: UnconfiguredState
  /** Instances that had no client at the last tick. */
  readonly orphans: Orphans
  readonly histories: Histories
}

export interface JudgeOutput {
  readonly state: JudgeState
  readonly open: readonly JudgedConnection[]
  readonly opened: readonly JudgedConnection[]
  /** The connection was updated or is now judged otherwise; may hold one closed before its registry was known. */
  readonly updated: readonly JudgedConnection[]
  readonly closed: readonly JudgedConnection[]
  /** New ones, and those with another count, severity or last sighting. */
  readonly findings: readonly Finding[]
  /** Destinations met for the first time. */
  readonly learned: readonly KnownDestination[]
}

/** Continues where the last run stopped: what it has counted is not counted again. */
export function initialJudgement(memory: Memory): JudgeState {
  const hiding = new Set(
    memory.findings.filter(({ kind }) => kind === 'unreadable-server').map((f) => f.serverId),
  )
  return {
    judged: new Map(memory.openConnections.map((judged) => [judged.connection.id, judged])),
    waiting: new Map(),
    records: null,
    findings: new Map(memory.findings.map((finding) => [finding.id, finding])),
    counted: new Set(
      memory.openConnections
        .filter(({ verdict }) => verdict === 'unexpected')
        .map(({ connection }) => connection.id),
    ),
    hidden: new Set(
      memory.openInstances
        .filter(({ serverIds }) => serverIds.some((id) => hiding.has(id)))
        .map(({ id }) => id),
    ),
    exposed: exposedBefore(memory),
    unconfigured: unconfiguredBefore(memory),
    orphans: new Set(),
    histories: historiesOf(memory.knownDestinations),
  }
}
