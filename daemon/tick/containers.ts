/** What the pipeline wants to know of containers, and what it makes of that in the process table. */

import { addressesHere } from '../../shared/address/this-machine.ts'
import { gatewayOf } from '../../shared/argv/gateway.ts'
import { type Container, type Containers, containerNetns } from '../../shared/model/container.ts'
import type { EpochMs, InstanceId } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { containerIdsIn } from '../match/container-processes.ts'
import type { Waiting } from '../match/match.ts'
import { createSignature } from '../match/signature.ts'
import type { ContainerSource } from '../ports.ts'

/** Whether any of the entries may run in a container, so that engines are worth asking. */
export function mayRunInContainers(servers: readonly Server[]): boolean {
  return servers.some((server) => {
    if (server.client === 'docker-toolkit' || server.client === 'toolhive') return true
    if (server.endpoint !== null) return addressesHere(server.endpoint.host, new Set()) !== null
    const core = createSignature(server)?.invocation.core
    if (core?.kind === 'image') return true
    return core?.kind === 'binary' && gatewayOf(core.path, core.args) !== null
  })
}

/** A command without container, and when that was first seen. */
export interface WaitingSince extends Waiting {
  readonly since: EpochMs
}

export function waitingSince(
  before: readonly WaitingSince[],
  now: readonly Waiting[],
  at: EpochMs,
): readonly WaitingSince[] {
  const known = new Map(before.map(({ instance, since }) => [instance, since]))
  return now.map((waiting) => ({ ...waiting, since: known.get(waiting.instance) ?? at }))
}

/** A container is there some tenths of a second after its command, and then an engine has to be asked. */
export const CONTAINER_PATIENCE_MS = 5000

/** Those who have waited in vain; a clock that was put back keeps nobody waiting for ever. */
export function inVain(
  waiting: readonly WaitingSince[],
  at: EpochMs,
  patienceMs = CONTAINER_PATIENCE_MS,
): readonly Waiting[] {
  return waiting.filter(({ since }) => Math.abs(at - since) >= patienceMs)
}

export interface ContainerWishes {
  tell(servers: readonly Server[], waiting: readonly Waiting[]): void
}

export function createContainerWishes(source: Pick<ContainerSource, 'want'>): ContainerWishes {
  let known: { readonly servers: readonly Server[]; readonly may: boolean } | null = null
  let before: ReadonlySet<InstanceId> = new Set()
  return {
    tell(servers, waiting) {
      if (known?.servers !== servers) known = { servers, may: mayRunInContainers(servers) }
      const now = new Set(waiting.map(({ instance }) => instance))
      // Who has just begun to wait is looked for at once, whoever waits in vain besides.
      const isMore = [...now].some((instance) => !before.has(instance))
      if (isMore && before.size > 0) source.want(true, false)
      source.want(known.may || now.size > 0, now.size > 0)
      before = now
    },
  }
}

/** Puts containers' processes that may not be looked into in the network namespace that is their container's alone. */
export type PlaceInContainers = (table: ProcessTable, containers: Containers) => ProcessTable

/** Hands out the same table, and the same processes, for the same table and containers. */
export function createPlacing(): PlaceInContainers {
  let before: { table: ProcessTable['processes']; containers: Containers } | null = null
  let after: ProcessTable['processes'] = new Map()
  let placed = new WeakMap<Process, Process>()
  return (table, containers) => {
    if (before?.containers !== containers) placed = new WeakMap()
    if (before?.table !== table.processes || before.containers !== containers) {
      before = { table: table.processes, containers }
      after = placeAll(table.processes, aloneInTheirs(containers.all), placed)
    }
    return after === table.processes ? table : { ...table, processes: after }
  }
}

/** Ids of those whose network no other container has: the engine tells of both that share one. */
function aloneInTheirs(all: readonly Container[]): ReadonlySet<string> {
  return new Set(
    all.flatMap(({ id, pid, network }) =>
      pid !== null && (network === 'own' || network === 'none') ? [id] : [],
    ),
  )
}

function placeAll(
  processes: ProcessTable['processes'],
  alone: ReadonlySet<string>,
  known: WeakMap<Process, Process>,
): ProcessTable['processes'] {
  if (alone.size === 0) return processes
  let all: Map<number, Process> | null = null
  for (const [pid, process] of processes) {
    if (process.netns !== null || process.readable) continue
    const ids = containerIdsIn(process.cgroup)
    const id = ids.length === 1 ? ids[0] : undefined
    if (id === undefined || !alone.has(id)) continue
    const now = known.get(process) ?? { ...process, netns: containerNetns(id) }
    known.set(process, now)
    all ??= new Map(processes)
    all.set(pid, now)
  }
  return all ?? processes
}
