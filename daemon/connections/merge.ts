/** Folds a batch of socket rows into connections: who owns them, which way they go, which opened and which closed. */
import { scopeOf } from '../../shared/address/scope.ts'
import type { Connection, Owner } from '../../shared/model/connection.ts'
import { isContainerNetns } from '../../shared/model/container.ts'
import type { InstanceId, ProcessKey } from '../../shared/model/ids.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import { findCandidates, unreadableInstances } from './candidates.ts'
import { containerNetworks, withContainerRows } from './container-rows.ts'
import { countConnections } from './counts.ts'
import { createDraft, type Draft } from './draft.ts'
import { type Flow, flowKey, flowsOf } from './flows.ts'
import { listenersOf, rememberListeners, wasListening } from './listeners.ts'
import { ownedListeners } from './listening.ts'
import { indexOwners, type OwnerIndex } from './owners.ts'
import { type Stirred, settle, stir, stirAlike } from './quiet.ts'
import { ownedRawSockets } from './raw-sockets.ts'
import { isSame, rememberSightings, type Sighting, type Sightings } from './sightings.ts'
import type { ConnectionsInput, ConnectionsOutput, ConnectionsState } from './state.ts'

export type { ConnectionsInput, ConnectionsOutput, ConnectionsState } from './state.ts'
export { initialConnections } from './state.ts'

/** All that a row is judged by, made once a batch. */
interface Scene {
  readonly input: ConnectionsInput
  readonly stirred: Stirred
  readonly sightings: Sightings
  readonly owners: OwnerIndex
  /** But for those of rows that are passed over. */
  readonly flows: readonly Flow[]
  readonly isInbound: (flow: Flow) => boolean
}

export function mergeConnections(
  state: ConnectionsState,
  given: ConnectionsInput,
): ConnectionsOutput {
  const input = withContainerRows(state, given)
  const { batch, instances } = input
  const listeners = listenersOf(batch)
  const memory = rememberListeners(state.listeners, listeners, batch.at)
  const scene = createScene(state, input, memory)
  const draft = createDraft(state, new Set(instances.map(({ id }) => id)))
  const ownedFlows = claimOwned(draft, scene)
  const unreadableNow = new Set(batch.unreadable)
  const unreadable = unreadableInstances(instances, unreadableNow, state.unreadable)
  const candidateFlows = claimCandidates(draft, scene, unreadable)
  const { open, opened, updated, closed } = draft.finish(goneIn(input), batch.at)
  const { stirred, sightings } = scene
  const knownKeys = new Set(state.begun ? [] : [...state.open.values()].map(flowKey))
  const { tallies, counts } = countConnections(stirred.tallies, scene.flows, {
    batch,
    begun: state.begun,
    isOwned: (flow) => ownedFlows.has(flow),
    isKnown: (flow) => !state.begun && knownKeys.has(flow.key),
    isCandidate: (flow) => candidateFlows.has(flow),
  })
  const connectors = rememberConnectors(state.connectors, scene)
  return {
    state: {
      begun: true,
      quiet: settle(state.quiet, stirred, scene.flows, { sightings, tallies }, open),
      open,
      sightings,
      tallies,
      listeners: memory,
      connectors,
      unreadable: unreadableNow,
      containerNetworks: containerNetworks(batch.snapshots),
    },
    open: [...open.values()],
    opened,
    updated,
    closed,
    counts: { ...counts, ...input.batch.others },
    notObserved: notObserved(scene),
    unreadable: new Set(unreadable.map(({ instance }) => instance.id)),
    listeners,
    connectsOut: connectors,
    listening: ownedListeners(listeners, scene.owners),
    rawSockets: ownedRawSockets(batch, scene.owners),
  }
}

function createScene(
  state: ConnectionsState,
  input: ConnectionsInput,
  listeners: ConnectionsState['listeners'],
): Scene {
  const { batch } = input
  // While a process cannot be looked into, any socket that nobody is seen holding may be its own; and in a sample that
  // was cut short, or shows watched processes' sockets alone, absence is no news.
  const isAllNeeded =
    batch.unreadable.length > 0 ||
    state.unreadable.size > 0 ||
    batch.snapshots.some(({ complete, hostWide }) => !complete || !hostWide)
  const some = stir(state.quiet, state, batch, isAllNeeded)
  const someFlows = flowsOf(batch, some.still)
  const stirred = stirAlike(some, state.quiet, someFlows)
  const flows = stirred === some ? someFlows : flowsOf(batch, stirred.still)
  const sightings = rememberSightings(stirred.sightings, flows, batch, state.begun)
  return {
    input,
    stirred,
    flows,
    sightings,
    owners: indexOwners(input.instances, input.table),
    // Only what a process itself asks for has an outcome: an engine that knows one heard of the call.
    isInbound: (flow) =>
      flow.row.outcome === undefined &&
      sightings.get(flow.key)?.synSent !== true &&
      flow.row.state !== 'syn-sent' &&
      wasListening(listeners, flow),
  }
}

/** Rows that a member holds; returns them. Rows that nobody or only others hold end or keep what is known. */
function claimOwned(draft: Draft, scene: Scene): ReadonlySet<Flow> {
  const owned = new Set<Flow>()
  const rest: Flow[] = []
  for (const flow of scene.flows) {
    // Who made it may have closed its copy since: a descriptor can be passed on (unix(7), SCM_RIGHTS).
    const earlier = scene.sightings.get(flow.key)?.heldBy
    const ownerships = flow.ended ? [] : scene.owners.ownersOf(flow.row.holders, earlier)
    for (const { instance, owner, inherited } of ownerships) {
      draft.claim({ instance, owner, inherited, candidates: [], flow }, birthOf(flow, scene))
    }
    if (ownerships.length > 0) owned.add(flow)
    else rest.push(flow)
    // What was claimed is met by now, so this ends only what other instances had of it.
    if (flow.ended || flow.row.holders.length > 0) draft.end(flow)
  }
  for (const flow of rest) {
    // Its owner can have ended with it, or before: what is told of the end is of its connection all the same.
    const isOver = flow.row.endedAt !== undefined
    if (!flow.ended && (isOver || flow.row.holders.length === 0)) draft.keep(flow)
  }
  return owned
}

function claimCandidates(
  draft: Draft,
  scene: Scene,
  unreadable: Parameters<typeof findCandidates>[0],
): ReadonlySet<Flow> {
  const { selfAddresses } = scene.input
  const candidates = findCandidates(unreadable, scene.flows, scene.sightings, selfAddresses)
  for (const { instance, flow, owners } of candidates) {
    const claim = { instance, owner: null, candidates: owners, inherited: false, flow }
    draft.claimCandidate(claim, birthOf(flow, scene))
  }
  return new Set(candidates.map(({ flow }) => flow))
}

function birthOf(flow: Flow, scene: Scene): Parameters<Draft['claim']>[1] {
  const last = scene.sightings.get(flow.key)
  // Of several rows with the same two ends only the last is remembered.
  const sighting = last !== undefined && isSame(last, flow.row) ? last : null
  return {
    bootId: scene.input.bootId,
    direction: scene.isInbound(flow) ? 'inbound' : 'outbound',
    firstSeen: firstSeenOf(flow, sighting),
    openedBefore: flow.row.outcome === undefined && (sighting?.before ?? false),
  }
}

/** An engine that hears of each attempt tells when that one began; its socket may have been used before. */
function firstSeenOf({ row, snapshot }: Flow, sighting: Sighting | null): number {
  if (row.outcome !== undefined && row.firstSeen !== undefined) return row.firstSeen
  return sighting?.firstSeen ?? row.firstSeen ?? snapshot.at
}

/** Whether a connection that this batch did not show is over. An incomplete sample proves nothing by absence. */
function goneIn(input: ConnectionsInput): (connection: Connection) => boolean {
  const live = new Set(input.instances.map(({ id }) => id))
  const complete = new Map(input.batch.snapshots.map((s) => [s.netns, s.complete]))
  return ({ instance, netns, owner }) => {
    if (!live.has(instance)) return true
    // A namespace that nobody reads any more: its connections last as long as their owner.
    return complete.get(netns) ?? (owner === null || !isAlive(owner, input.table))
  }
}

function isAlive({ pid, process }: Owner, { processes }: ProcessTable): boolean {
  return processes.get(pid)?.key === process
}

/**
 * Processes seen connecting beyond this host: as a loopback peer such a one may pass on what it is told. Asking a
 * name server over UDP does not count; nearly every program does.
 */
function rememberConnectors(known: ReadonlySet<ProcessKey>, scene: Scene): ReadonlySet<ProcessKey> {
  const next = new Set<ProcessKey>()
  if (known.size > 0) {
    const alive = new Set([...scene.input.table.processes.values()].map(({ key }) => key))
    for (const key of known) if (alive.has(key)) next.add(key)
  }
  for (const flow of scene.flows) {
    const { row, remote } = flow
    if (row.holders.length === 0 || scene.isInbound(flow)) continue
    if (row.protocol === 'udp' && remote.port === 53) continue
    const scope = scopeOf(remote.address, scene.input.selfAddresses)
    if (scope === 'loopback' || scope === 'self' || scope === 'unspecified') continue
    for (const { process } of row.holders) next.add(process)
  }
  return next
}

function notObserved(scene: Scene): ConnectionsOutput['notObserved'] {
  const instances = new Set<InstanceId>()
  const { seesDatagrams, snapshots } = scene.input.batch
  for (const { netns, rows } of snapshots) {
    // What is told of datagrams is told of processes that may be looked into.
    if (seesDatagrams === true && !isContainerNetns(netns)) continue
    for (const { state, holders } of rows) {
      if (state !== 'unconnected' || holders.length === 0) continue
      for (const { instance, inherited } of scene.owners.ownersOf(holders))
        if (!inherited) instances.add(instance)
    }
  }
  return [...instances].map((instance) => ({ instance, reason: 'unconnected-udp' as const }))
}
