/** What cannot be seen of which server, as one list without repetitions. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Containers } from '../../shared/model/container.ts'
import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
import type { ConnectionsOutput } from '../connections/merge.ts'
import type { Waiting } from '../match/match.ts'
import type { Answer } from './listening-answer.ts'
import { whyUnnamed } from './listening-reason.ts'

export interface NotObserved {
  readonly serverId: ServerId
  readonly reason: NotObservedReason
}

/** Commands that run a container which is not known, and what became of asking for it. */
export interface Uncontained {
  readonly waiting: readonly Waiting[]
  readonly engines: Containers['engines']
}

interface Unseen extends Pick<ConnectionsOutput, 'notObserved'> {
  /** Servers with a process that cannot be looked into. */
  readonly hidden: ReadonlySet<ServerId>
}

export function notObserved(
  servers: readonly Server[],
  instances: readonly Instance[],
  /** Ids of the clients that run. */
  clients: ReadonlySet<string>,
  { notObserved: unseen, hidden }: Unseen,
  /** Entries whose address is one of this machine, with what listens there. */
  here: ReadonlyMap<ServerId, Answer> = new Map(),
  uncontained: Uncontained = { waiting: [], engines: [] },
): readonly NotObserved[] {
  const found = new Map<string, NotObserved>()
  const add = (serverId: ServerId, reason: NotObservedReason): void => {
    found.set(`${serverId} ${reason}`, { serverId, reason })
  }
  const running = new Set(instances.flatMap(({ serverIds }) => serverIds))
  for (const server of servers) {
    const answer = here.get(server.id)
    if (server.transport !== 'stdio' && answer === undefined)
      add(server.id, isReachable(server.endpoint) ? 'remote-transport' : 'address-not-known')
    const why = answer && whyUnnamed(answer, running.has(server.id), instances)
    if (why != null) add(server.id, why)
    if (server.inClient && clients.has(server.client) && !running.has(server.id))
      add(server.id, 'in-client')
  }
  const byId = new Map(instances.map((instance) => [instance.id, instance]))
  const addAll = (instance: InstanceId, reason: NotObservedReason): void => {
    for (const serverId of byId.get(instance)?.serverIds ?? []) add(serverId, reason)
  }
  for (const { instance, reason } of unseen) addAll(instance, reason)
  for (const serverId of hidden) add(serverId, 'process-unreadable')
  for (const { instance, engine } of uncontained.waiting)
    addAll(
      instance,
      isElsewhere(engine, uncontained.engines) ? 'container-elsewhere' : 'container-not-found',
    )
  return [...found.values()]
}

/** A placeholder that the client fills in, or a port that there is not: it may be anywhere, or nowhere. */
function isReachable(endpoint: Server['endpoint']): boolean {
  return endpoint !== null && endpoint.port > 0 && endpoint.port <= 65_535
}

/** nerdctl has no engine of its own that could be asked, and stands beside Docker's. */
function isElsewhere(engine: string, engines: Containers['engines']): boolean {
  const name = engine === 'podman' ? 'podman' : 'docker'
  const states = engines.flatMap((each) => (each.engine === name ? [each.state] : []))
  // one that answers here would have told of it
  return states.includes('elsewhere') && !states.includes('answers')
}
