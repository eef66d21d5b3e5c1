/** Puts containers' processes that may not be looked into in the network namespace that is their container's alone. */
import { type Container, type Containers, containerNetns } from '../../shared/model/container.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { containerIdsIn } from '../match/container-processes.ts'

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
