/** The order of the stages and the state between ticks, nothing else. */
import type { Instance } from '../shared/model/attribution.ts'
import type { EpochMs, ServerId } from '../shared/model/ids.ts'
import type { JudgedConnection } from '../shared/model/judgement.ts'
import type { Batch } from '../shared/model/observation.ts'
import type { Policy } from '../shared/model/policy.ts'
import type { Discovery } from '../shared/model/server.ts'
import type { Gap, Memory, ServerRecord, TickResult } from '../shared/model/tick.ts'
import { type ConnectionsOutput, mergeConnections } from './connections/merge.ts'
import type { DriftPorts } from './drift/fold.ts'
import { judge } from './judge/judge.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { isLocal, nameAnswers, registryAnswers } from './tick/answers.ts'
import { createAttribution } from './tick/attribute.ts'
import { inVain } from './tick/containers.ts'
import { driftPorts, followDrift } from './tick/drift.ts'
import { gapSinceLastRun, gapsSince, lostGap, momentOf } from './tick/gaps.ts'
import { hiddenNow } from './tick/hidden.ts'
import { instanceChanges } from './tick/instance-changes.ts'
import { watchSet } from './tick/interest.ts'
import { createListeningBook, type ListeningBook, listeningInput } from './tick/listening.ts'
import { notObserved } from './tick/not-observed.ts'
import { createPeerBook, type PeerBook } from './tick/peers.ts'
import { withPolicyFaults } from './tick/policy-source.ts'
import { reachableHere } from './tick/reachable.ts'
import { recordChanges, recordsInForce } from './tick/records.ts'
import { followRemote } from './tick/remote.ts'
import { secondTable } from './tick/second-table.ts'
import { initialState, type Known, knownNow, type State } from './tick/state.ts'
import { addWatched } from './tick/watched.ts'

/** Everything known at the end of a tick, for the live table, `status` and `scan`. */
export interface View {
  readonly at: EpochMs
  /** With what is wrong with the policy file among the diagnostics. */
  readonly discovery: Discovery
  readonly policy: Policy
  readonly records: ReadonlyMap<ServerId, ServerRecord>
  readonly instances: readonly Instance[]
  readonly open: readonly JudgedConnection[]
  readonly result: TickResult
}

export interface Pipeline {
  start(): void
  stop(): Promise<void>
  /** What is known now, for questions about it. */
  known(): Known
}

/**
 * `onTick` gets each tick's view, in order, on the tick's own stack: it must not block. `onFault` is told of the first
 * of several samples that fail in a row.
 */
export function createPipeline(
  ports: PipelinePorts,
  memory: Memory,
  discovery: Discovery,
  onTick: (view: View) => void,
  onFault: (error: unknown) => void = () => undefined,
): Pipeline {
  const peers = createPeerBook(ports.listenerOwners)
  const listening = createListeningBook(ports, () => ports.engine.hurry())
  const attribute = createAttribution(ports, () => listening.current())
  const drift = driftPorts(ports)
  let state = initialState(memory, discovery, ports)
  let pendingGap = gapSinceLastRun(memory.lastTickAt, ports.clock.wallMs())

  const prepare = async (): Promise<void> => {
    const table = await ports.processes.sample(state.interest)
    const hasWaited = await listening.look(listeningInput(ports, state.discovery, table))
    // Whom a process has started meanwhile would have no owner.
    const now = hasWaited ? await ports.processes.sample(state.interest) : table
    state = attribute(state, secondTable(table, now))
    const watched = watchSet(state.instances, peers.watched(), state.reach.processes)
    ports.engine.watch(watched, state.interest)
  }
  const accept = (batch: Batch): void => {
    const now = momentOf(ports.clock)
    const gaps = [
      ...(pendingGap === null ? [] : [pendingGap]),
      ...gapsSince(state, now, ports.engine.describe()),
      ...lostGap(batch),
    ]
    pendingGap = null
    const ticked = tick({ ...ports, drift }, { peers, listening }, state, batch, gaps)
    const engine = ports.engine.describe().name
    state = { ...ticked.state, last: now, failures: 0, engine }
    onTick(ticked.view)
  }
  return {
    start() {
      ports.discoverer.watch((discovery) => {
        state = { ...state, discovery, isConfigurationTold: false }
        ports.engine.hurry()
      })
      ports.policy.watch((policy) => {
        state = { ...state, policy, isConfigurationTold: false }
        ports.engine.hurry()
      })
      ports.containers.watch(() => ports.engine.hurry())
      ports.engine.start({
        prepare,
        accept,
        fail(error) {
          state = { ...state, failures: state.failures + 1 }
          if (state.failures > 1) return
          ports.log.warn({ err: error }, 'a sample failed')
          onFault(error)
        },
      })
    },
    known: () => knownNow(state),
    async stop() {
      // First: it may have a last batch, which would set the others going again.
      try {
        await ports.engine.stop()
      } finally {
        listening.stop()
        const { discoverer, policy, hostBook, registry, containers } = ports
        for (const each of [discoverer, policy, hostBook, registry, containers]) each.stop()
      }
    },
  }
}

/** One batch → one TickResult and the state after it. */
function tick(
  ports: PipelinePorts & { readonly drift: DriftPorts },
  { peers, listening }: { readonly peers: PeerBook; readonly listening: ListeningBook },
  state: State,
  batch: Batch,
  gaps: readonly Gap[],
): { state: State; view: View } {
  const { table, instances } = state
  const discovery = withPolicyFaults(state.discovery, state.policy)
  const host = ports.hostFacts.current()
  const merged = mergeConnections(state.connections, {
    batch,
    instances,
    table,
    bootId: ports.bootId,
    selfAddresses: host.selfAddresses,
  })
  const { unreadable } = merged
  const { containerPatienceMs: patienceMs } = ports
  const hidden = hiddenNow(state.hidden, { at: batch.at, instances, unreadable, patienceMs })
  const containers = ports.containers.current().all
  const ownNetns = table.processes.get(process.pid)?.netns ?? null
  const { snapshots } = batch
  const { listeners } = merged
  listening.heard(batch, ownNetns)
  peers.update({
    // With those that came and went: who listens there is known now, or not at all.
    open: [...merged.open, ...merged.opened],
    listeners,
    snapshots,
    ownNetns,
    table,
    instances,
    connectsOut: merged.connectsOut,
    isLocal: (address) => isLocal(address, host),
  })
  const { policy } = state.policy
  const { servers } = discovery
  const { selfAddresses } = host
  const recordsInput = { servers, instances, policy, selfAddresses }
  const records = recordsInForce(state.records, recordsInput, batch.at)
  const remote = followRemote(state, records.hosts, batch, ports.hostBook, policy.resolveNames)
  const judged = judge(state.judgement, {
    at: batch.at,
    records: records.all,
    instances: new Map(instances.map((instance) => [instance.id, instance])),
    ...picked(merged),
    unreadable: hidden.instances,
    listening: reachableHere(merged.listening, { ownNetns, instances, containers }),
    host,
    registryOf: registryAnswers(ports.registry, state.processes),
    peerOf: (connection) => peers.peerOf(connection),
    names: nameAnswers(ports.hostBook, policy.resolveNames, remote.isOthers),
  })
  const drifted = followDrift(state.drift, state.discovery, ports.drift, {
    at: batch.at,
    policy,
    named: state.named,
    records: records.all,
  })
  const recordsTold = recordChanges(state.recordsTold, records.configured)
  const changes = instanceChanges(state.told, instances)
  const watched = addWatched(state.watched, batch, instances)
  const unseen = { notObserved: merged.notObserved, hidden: hidden.serverIds }
  const result: TickResult = {
    at: batch.at,
    servers: recordsTold.changed,
    diagnostics: state.isConfigurationTold ? null : discovery.diagnostics,
    instances: changes.changed,
    ended: changes.ended,
    opened: judged.opened,
    updated: judged.updated,
    closed: judged.closed,
    findings: [...judged.findings, ...drifted.findings],
    learned: judged.learned,
    reached: remote.news,
    drift: drifted.result,
    coverage: {
      engine: ports.engine.describe(),
      counts: merged.counts,
      gaps,
      watched: watched.told,
      notObserved: [
        ...notObserved(servers, instances, state.clients, unseen, listening.answers(), {
          waiting: inVain(state.waiting, batch.at, patienceMs),
          engines: state.surroundings.containers.engines,
        }),
        ...remote.uncounted,
      ],
    },
  }
  return {
    state: {
      ...state,
      told: changes.told,
      records,
      recordsTold: recordsTold.told,
      isConfigurationTold: true,
      connections: merged.state,
      hidden: hidden.state,
      reached: remote.state,
      watched: watched.state,
      drift: drifted.state,
      judgement: judged.state,
    },
    view: {
      at: batch.at,
      discovery,
      policy,
      records: drifted.records,
      instances,
      open: judged.open,
      result,
    },
  }
}

function picked(merged: ConnectionsOutput) {
  const { open, opened, updated, closed, rawSockets } = merged
  return { open, opened, updated, closed, rawSockets }
}
