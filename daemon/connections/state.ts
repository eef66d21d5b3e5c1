/** What merging takes, gives and keeps. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { ConnectionId, InstanceId, ProcessKey } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { ConnectionCounts, NotObservedReason } from '../../shared/model/tick.ts'
import type { Tallies } from './counts.ts'
import type { ListenerMemory } from './listeners.ts'
import type { OwnedListener } from './listening.ts'
import { NO_QUIET, type Quiet } from './quiet.ts'
import type { OwnedRawSocket } from './raw-sockets.ts'
import type { Sightings } from './sightings.ts'

/** Folded from tick to tick. Everything but `open` is bounded by what the last sample had. */
export interface ConnectionsState {
  /** False until the first batch: what that one has was open before watching began. */
  readonly begun: boolean
  readonly quiet: Quiet
  readonly open: ReadonlyMap<ConnectionId, Connection>
  readonly sightings: Sightings
  readonly tallies: Tallies
  readonly listeners: ListenerMemory
  /** Watched processes once seen connecting beyond this host, while they live. */
  readonly connectors: ReadonlySet<ProcessKey>
  /** Processes that could not be read in the last batch. */
  readonly unreadable: ReadonlySet<ProcessKey>
  /** Networks named for a container that the last batch had. */
  readonly containerNetworks: ReadonlySet<string>
}

export interface ConnectionsInput {
  readonly batch: Batch
  /** All that run now: a connection of any other instance is closed. */
  readonly instances: readonly Instance[]
  readonly table: ProcessTable
  readonly bootId: string
  readonly selfAddresses: ReadonlySet<string>
}

export interface ConnectionsOutput {
  readonly state: ConnectionsState
  /** All that are open after this batch, the opened and the updated among them. */
  readonly open: readonly Connection[]
  readonly opened: readonly Connection[]
  /** Owner, instance, outcome, candidates or `inherited` changed; a later sighting alone is no update. */
  readonly updated: readonly Connection[]
  readonly closed: readonly Connection[]
  readonly counts: ConnectionCounts
  readonly notObserved: readonly {
    readonly instance: InstanceId
    readonly reason: NotObservedReason
  }[]
  readonly unreadable: ReadonlySet<InstanceId>
  readonly listeners: readonly { readonly netns: string; readonly row: SocketRow }[]
  readonly connectsOut: ReadonlySet<ProcessKey>
  /** The listeners that members hold. */
  readonly listening: readonly OwnedListener[]
  /** The raw and packet sockets that members made. */
  readonly rawSockets: readonly OwnedRawSocket[]
}

/** `open` are the connections that the store still holds open, so that they go on as the same rows. */
export function initialConnections(open: readonly Connection[]): ConnectionsState {
  return {
    begun: false,
    quiet: NO_QUIET,
    open: new Map(open.map((connection) => [connection.id, connection])),
    sightings: new Map(),
    tallies: new Map(),
    listeners: new Map(),
    connectors: new Set(),
    unreadable: new Set(),
    containerNetworks: new Set(),
  }
}
