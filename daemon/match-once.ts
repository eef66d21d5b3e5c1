/** One look at processes and configuration, matched: without daemon, engine or database. */
import { namedConfigs } from '../shared/clients/named-config.ts'
import type { Instance } from '../shared/model/attribution.ts'
import { NO_CONTAINERS } from '../shared/model/container.ts'
import type { ServerId } from '../shared/model/ids.ts'
import type { ProcessTable } from '../shared/model/process.ts'
import type { Discovery, Server } from '../shared/model/server.ts'
import { composeMatching, type MatchingPorts } from './compose.ts'
import { containersNow } from './compose-containers.ts'
import { listeningNow } from './compose-listening.ts'
import { temporarySalt } from './host/salt.ts'
import type { Machine } from './machine.ts'
import type { ListeningAt } from './match/claims.ts'
import {
  createGlances,
  emptyMatchState,
  type MatchOutput,
  unconfiguredServers,
} from './match/match.ts'
import { loadNative } from './native/load.ts'
import { createPlacing } from './tick/container-placing.ts'
import { mayRunInContainers } from './tick/containers.ts'
import { matchAsking } from './tick/match-asking.ts'
import { unreadClients } from './tick/unread-clients.ts'
import { workingFolders } from './tick/working-folders.ts'

export interface Matched extends Pick<MatchingPorts, 'recogniseClient' | 'digest'> {
  readonly table: ProcessTable
  readonly servers: readonly Server[]
  readonly instances: readonly Instance[]
}

/** Throws McpWatchError when the processes cannot be listed. */
export async function matchOnce(machine: Machine): Promise<Matched> {
  const loaded = await loadNative()
  const ports = composeMatching(machine, temporarySalt(), loaded)
  const { discoverer, stdinPeers, recogniseClient, digest } = ports
  const ownUid = machine.uid
  try {
    const sampled = await ports.processes.sample(new Set())
    let table = sampled
    let containers = NO_CONTAINERS
    const match = (
      found: Discovery,
      listening: ReadonlyMap<ServerId, ListeningAt> = new Map(),
    ): MatchOutput => {
      const unread = unreadClients(found)
      const asked = { servers: found.servers, table, containers, listening, unread }
      const input = { previous: emptyMatchState, recogniseClient, digest, ownUid, ...asked }
      return matchAsking(stdinPeers, input, createGlances())
    }
    // Once to learn which projects the running clients work in, and again with what those declare.
    const { clients } = match(discoverer.read())
    discoverer.setWorkingFolders(workingFolders([], clients), namedConfigs(clients))
    const found = discoverer.read()
    const { servers } = found
    if (mayRunInContainers(servers)) {
      containers = await containersNow(machine)
      table = createPlacing()(sampled, containers)
    }
    const asked = { servers, table, containers, recogniseClient }
    const { instances } = match(found, await listeningNow(machine, loaded, asked))
    const known = [...servers, ...unconfiguredServers(instances)]
    return { table, servers: known, instances, recogniseClient, digest }
  } finally {
    discoverer.stop()
  }
}
