/** Processes and configuration → instances, and what the next looks at the system need. */
import { namedConfigs } from '../../shared/clients/named-config.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { createGlances } from '../match/match.ts'
import type { ContainerSource, Discoverer, HostFactsSource, StdinPeers } from '../ports.ts'
import { reachOf } from '../remote/reach.ts'
import { createContainerWishes, createPlacing, waitingSince } from './containers.ts'
import { keepDead } from './dead-keeper.ts'
import { interestOf, workingFolders } from './interest.ts'
import { matchAsking } from './match-asking.ts'
import type { State } from './state.ts'
import type { Surroundings } from './surroundings.ts'
import { unreadClients } from './unread-clients.ts'

export interface AttributionPorts {
  readonly discoverer: Pick<Discoverer, 'setWorkingFolders'>
  readonly stdinPeers: StdinPeers
  readonly recogniseClient: (process: Process) => string | null
  readonly digest: (text: string) => string
  readonly ownUid?: number
  readonly containers: ContainerSource
  readonly hostFacts: HostFactsSource
}

/**
 * Matching is a fold over its own state: once it has handed that state back for a table, it would for ever, so it is
 * left out until a process or a server changes.
 */
export function createAttribution(
  ports: AttributionPorts,
  listeningNow: () => Surroundings['listening'],
): (state: State, table: ProcessTable) => State {
  const { recogniseClient, digest, stdinPeers, ownUid = 0 } = ports
  const glances = createGlances()
  const wishes = createContainerWishes(ports.containers)
  const place = createPlacing()
  function attribute(state: State, table: ProcessTable): State {
    const { servers } = state.discovery
    const processes = keepDead(state.processes, table)
    const containers = ports.containers.current()
    const listening = listeningNow()
    const { selfAddresses } = ports.hostFacts.current()
    const isSettled =
      state.settledFor === servers &&
      state.table.processes === table.processes &&
      state.surroundings.containers === containers &&
      state.surroundings.listening === listening &&
      state.reach.selfAddresses === selfAddresses
    if (isSettled) return { ...state, table, processes }
    const previous = state.match
    const surroundings = { containers, listening }
    const input = {
      previous,
      servers,
      table,
      recogniseClient,
      digest,
      ownUid,
      orphansBefore: state.orphansBefore,
      unconfiguredBefore: state.unconfiguredBefore,
      unread: unreadClients(state.discovery),
      ...surroundings,
    }
    const matched = matchAsking(stdinPeers, input, glances)
    const folders = workingFolders(state.folders, matched.clients)
    const configs = namedConfigs(matched.clients)
    const found = ports.discoverer.setWorkingFolders(folders, configs)
    const named = withPaths(state.named, configs)
    // Matched again with what a new folder declares: a name given for want of a better one would stay.
    if (found !== null)
      return attribute(
        { ...state, discovery: found, isConfigurationTold: false, folders, named },
        table,
      )
    const isSame = matched.state === previous
    const { instances, clients } = matched
    return {
      ...state,
      table,
      folders,
      named,
      processes,
      surroundings,
      match: matched.state,
      instances: isSame ? state.instances : matched.instances,
      clients: new Set(matched.clients.map(({ id }) => id)),
      reach: reachOf(state.reach, { servers, selfAddresses, table, instances, clients }),
      interest: interestOf(table, matched.instances, matched.clients),
      waiting: waitingSince(state.waiting, matched.waiting, table.at),
      settledFor: isSame ? servers : null,
    }
  }
  return (state, table) => {
    const attributed = attribute(state, place(table, ports.containers.current()))
    if (attributed.waiting !== state.waiting || attributed.discovery !== state.discovery)
      wishes.tell(attributed.discovery.servers, attributed.waiting)
    return attributed
  }
}

function withPaths(
  named: ReadonlySet<string>,
  configs: readonly { readonly path: string }[],
): ReadonlySet<string> {
  const more = configs.filter(({ path }) => !named.has(path))
  return more.length === 0 ? named : new Set([...named, ...more.map(({ path }) => path)])
}
