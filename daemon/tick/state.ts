/** What the pipeline keeps between ticks. */
import type { Instance, MatchState, UnconfiguredBefore } from '../../shared/model/attribution.ts'
import { NO_CONTAINERS } from '../../shared/model/container.ts'
import type { EpochMs, InstanceId } from '../../shared/model/ids.ts'
import type { EngineName } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { Discovery, Server } from '../../shared/model/server.ts'
import type { Memory } from '../../shared/model/tick.ts'
import { type ConnectionsState, initialConnections } from '../connections/merge.ts'
import { type DriftState, initialDrift } from '../drift/fold.ts'
import { initialJudgement, type JudgeState } from '../judge/judge.ts'
import { emptyMatchState } from '../match/match.ts'
import type { PolicyInForce } from '../ports.ts'
import { type CountState, initialCount } from '../remote/count.ts'
import { NO_REACH, type Reach } from '../remote/reach.ts'
import type { WaitingSince } from './containers.ts'
import { NO_PROCESSES, type ProcessMemory } from './dead-keeper.ts'
import type { Moment } from './gaps.ts'
import { type HiddenState, NOBODY_HIDDEN } from './hidden.ts'
import type { ToldInstances } from './instance-changes.ts'
import type { RecordsInForce, ToldRecords } from './records.ts'
import type { Surroundings } from './surroundings.ts'
import { nothingWatched, type WatchedState } from './watched.ts'

/** Folded from tick to tick; replaced as a whole, never changed in place. */
export interface State {
  readonly discovery: Discovery
  readonly policy: PolicyInForce
  /** Whether the configuration, the policy's included, was told as it is now. */
  readonly isConfigurationTold: boolean
  readonly table: ProcessTable
  readonly processes: ProcessMemory
  readonly interest: ReadonlySet<number>
  readonly folders: readonly string[]
  /** Configuration files that clients were told of on their command line. */
  readonly named: ReadonlySet<string>
  /** What `table` was matched with besides. */
  readonly surroundings: Surroundings
  readonly match: MatchState
  /** Instances that an earlier run saw without their client. */
  readonly orphansBefore: ReadonlySet<InstanceId>
  /** Instances that an earlier run listed as in no configuration. */
  readonly unconfiguredBefore: ReadonlyMap<InstanceId, UnconfiguredBefore>
  readonly instances: readonly Instance[]
  /** Commands that run a container which is not known. */
  readonly waiting: readonly WaitingSince[]
  /** Ids of the clients that run. */
  readonly clients: ReadonlySet<string>
  /** Whom clients may talk to over the network, and which processes they are. */
  readonly reach: Reach
  readonly reached: CountState
  /** Matching `table` with these servers again would change nothing; null while that is not known. */
  readonly settledFor: readonly Server[] | null
  readonly told: ToldInstances
  readonly records: RecordsInForce | null
  readonly recordsTold: ToldRecords
  readonly connections: ConnectionsState
  readonly hidden: HiddenState
  readonly judgement: JudgeState
  readonly watched: WatchedState
  readonly drift: DriftState
  readonly last: Moment | null
  readonly failures: number
  /** That the last tick was seen with. */
  readonly engine: EngineName | null
}

export interface StartPorts {
  readonly policy: { state(): PolicyInForce }
  readonly clock: { wallMs(): EpochMs }
  readonly bootId: string
}

/** Before the first tick of this run, with what an earlier one left. */
export function initialState(memory: Memory, discovery: Discovery, ports: StartPorts): State {
  const at = ports.clock.wallMs()
  return {
    discovery,
    policy: ports.policy.state(),
    isConfigurationTold: false,
    table: { at, processes: new Map() },
    processes: NO_PROCESSES,
    interest: new Set(),
    folders: memory.projectFolders,
    named: new Set(),
    surroundings: { containers: NO_CONTAINERS, listening: new Map() },
    match: emptyMatchState,
    orphansBefore: new Set(
      memory.openInstances.flatMap(({ id, orphaned }) => (orphaned === true ? [id] : [])),
    ),
    unconfiguredBefore: new Map(
      memory.openInstances.flatMap(({ id, unconfigured }) =>
        unconfigured === undefined ? [] : [[id, unconfigured] as const],
      ),
    ),
    instances: [],
    waiting: [],
    clients: new Set(),
    reach: NO_REACH,
    reached: initialCount(ports.bootId, memory.reached),
    settledFor: null,
    told: {
      instances: null,
      fingerprints: new Map(memory.openInstances.map(({ id }) => [id, ''])),
    },
    records: null,
    recordsTold: { records: null, text: '' },
    connections: initialConnections(memory.openConnections.map(({ connection }) => connection)),
    hidden: NOBODY_HIDDEN,
    judgement: initialJudgement(memory),
    watched: nothingWatched(at),
    drift: initialDrift(memory.drift, memory.findings, memory.lastTickAt),
    last: null,
    failures: 0,
    engine: null,
  }
}

/** What questions are answered from; `servers` with those that left their file while they run. */
export interface Known {
  readonly table: ProcessTable
  readonly servers: readonly Server[]
  readonly instances: readonly Instance[]
}

export function knownNow({ table, instances, records, discovery }: State): Known {
  const facts = [...(records?.facts.values() ?? [])]
  const servers = new Map(facts.map(({ server }) => [server.id, server]))
  for (const server of discovery.servers) servers.set(server.id, server)
  return { table, servers: [...servers.values()], instances }
}
