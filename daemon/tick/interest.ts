/** Which processes are looked at again each tick, and whose descriptors are read. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { WatchedProcess } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'

/** Members of instances, known clients and everything below a client: what may become or stop being a server. */
export function interestOf(
  table: ProcessTable,
  instances: readonly Instance[],
  clients: readonly { readonly process: Process }[],
): ReadonlySet<number> {
  const interest = new Set<number>()
  for (const instance of instances) {
    for (const member of instance.members) interest.add(member.process.pid)
  }
  const children = childrenOf(table)
  const pending = clients.map(({ process }) => process.pid)
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (interest.has(pid) && !table.processes.has(pid)) continue
    interest.add(pid)
    for (const child of children.get(pid) ?? []) if (!interest.has(child)) pending.push(child)
  }
  return interest
}

function childrenOf(table: ProcessTable): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const process of table.processes.values()) {
    const siblings = children.get(process.ppid)
    if (siblings === undefined) children.set(process.ppid, [process.pid])
    else siblings.push(process.pid)
  }
  return children
}

/**
 * Members first, then the clients of remote servers, then the ancestors that may have leaked a descriptor, then loopback
 * peers; each process once. Clients come before ancestors, as what these open themselves is not looked for.
 */
export function watchSet(
  instances: readonly Instance[],
  peers: readonly Process[],
  clients: readonly Process[] = [],
): readonly WatchedProcess[] {
  const watched = new Map<string, WatchedProcess>()
  const add = (process: Process, kind: WatchedProcess['kind']): void => {
    if (watched.has(process.key)) return
    const { key, pid, netns } = process
    watched.set(key, { key, pid, netns, kind })
  }
  for (const { members } of instances) for (const { process } of members) add(process, 'member')
  for (const process of clients) add(process, 'client')
  for (const { ancestors } of instances) for (const process of ancestors) add(process, 'ancestor')
  for (const process of peers) add(process, 'peer')
  return [...watched.values()]
}
