/** Who talks to remote servers: the processes of running clients that have such entries. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { NO_TARGETS, type Target, type Targets, targetsOf } from './targets.ts'

/** What to look for, and in whose descriptors. Made anew only when processes, servers or this host's addresses change. */
export interface Reach {
  readonly servers: readonly Server[] | null
  readonly selfAddresses: ReadonlySet<string>
  readonly targets: Targets
  /** Targets of running clients, by port. */
  readonly byPort: ReadonlyMap<number, readonly Target[]>
  /** Names to be looked up for that. */
  readonly hosts: ReadonlySet<string>
  readonly processes: readonly Process[]
  /** The client that a process is of, by `holderKey`. */
  readonly clientOf: ReadonlyMap<string, string>
}

export const NO_REACH: Reach = {
  servers: null,
  selfAddresses: new Set(),
  targets: NO_TARGETS,
  byPort: new Map(),
  hosts: new Set(),
  processes: [],
  clientOf: new Map(),
}

/**
 * An editor can have a build of thousands of processes below it. Nearest to the clients first: connections are made by
 * a client itself or by its helpers.
 */
const MOST_PROCESSES = 200

export interface ReachInput {
  readonly servers: readonly Server[]
  readonly selfAddresses: ReadonlySet<string>
  readonly table: ProcessTable
  readonly instances: readonly Instance[]
  readonly clients: readonly { readonly id: string; readonly process: Process }[]
}

export function reachOf(before: Reach, input: ReachInput): Reach {
  const { servers, selfAddresses } = input
  const isSame = before.servers === servers && before.selfAddresses === selfAddresses
  const targets = isSame ? before.targets : targetsOf(servers, selfAddresses)
  const clients = input.clients.filter(({ id }) => targets.clients.has(id))
  if (clients.length === 0) return { ...NO_REACH, servers, selfAddresses, targets }
  const running = new Set(clients.map(({ id }) => id))
  const wanted = targets.all.filter(({ client }) => running.has(client))
  const processes = processesOf(input, clients)
  return {
    servers,
    selfAddresses,
    targets,
    byPort: groupByPort(wanted),
    hosts: new Set(wanted.flatMap(({ host }) => host ?? [])),
    processes: processes.map(({ process }) => process),
    clientOf: new Map(processes.map(({ process, id }) => [holderKey(process.key), id])),
  }
}

/** A descriptor survives exec, so the exec epoch, the last part of the key, does not count. */
export function holderKey(key: ProcessKey): string {
  return key.slice(0, key.lastIndexOf(':'))
}

interface Met {
  readonly id: string
  readonly process: Process
  readonly client: Process
}

/** The clients and what is below them, but for servers and for other clients with what is below those. */
function processesOf(
  { table, instances, clients: all }: ReachInput,
  clients: ReachInput['clients'],
): readonly Met[] {
  const members = new Set(
    instances.flatMap((each) => each.members.map(({ process }) => process.pid)),
  )
  const isClient = new Set(all.map(({ process }) => process.pid))
  const children = childrenOf(table)
  // Each is met once: a parent is one process, and clients are not gone into from above.
  const queue = clients
    .filter(({ process }) => !members.has(process.pid))
    .map(({ id, process }): Met => ({ id, process, client: process }))
  const most = Math.max(MOST_PROCESSES, queue.length)
  const found: Met[] = []
  for (let at = 0; at < queue.length && found.length < most; at += 1) {
    const next = queue[at]
    if (next === undefined) break
    if (isLookedInto(next)) found.push(next)
    for (const process of children.get(next.process.pid) ?? []) {
      if (members.has(process.pid) || isClient.has(process.pid)) continue
      queue.push({ ...next, process })
    }
  }
  return found
}

/** A browser's sandbox has network namespaces of its own, without any network: nothing is to be found there. */
function isLookedInto({ process, client }: Met): boolean {
  return process.readable && (process.netns === null || process.netns === client.netns)
}

function childrenOf(table: ProcessTable): ReadonlyMap<number, readonly Process[]> {
  const children = new Map<number, Process[]>()
  for (const process of table.processes.values()) {
    const siblings = children.get(process.ppid)
    if (siblings === undefined) children.set(process.ppid, [process])
    else siblings.push(process)
  }
  return children
}

function groupByPort(targets: readonly Target[]): ReadonlyMap<number, readonly Target[]> {
  const byPort = new Map<number, Target[]>()
  for (const target of targets) {
    const list = byPort.get(target.port)
    if (list === undefined) byPort.set(target.port, [target])
    else list.push(target)
  }
  return byPort
}
