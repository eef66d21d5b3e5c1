/** Processes and configuration → instances, and what the next looks at the system need. */
import { namedConfigs } from '../../shared/clients/named-config.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { createGlances } from '../match/match.ts'
import type { ContainerSource, Discoverer, HostFactsSource, StdinPeers } from '../ports.ts'
import { reachOf } from '../remote/reach.ts'
import { createPlacing } from './container-placing.ts'
import { createContainerWishes, waitingSince } from './containers.ts'
import { keepDead } from './dead-keeper.ts'
import { interestOf } from './interest.ts'
import { matchAsking } from './match-asking.ts'
import type { State } from './state.ts'
import type { Surroundings } from './surroundings.ts'
import { unreadClients } from './unread-clients.ts'
import { workingFolders } from './working-folders.ts'

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
    const surroundings = { containers, listening }
    const { selfAddresses } = ports.hostFacts.current()
    if (isSettled(state, { table, surroundings, selfAddresses }))
      return { ...state, table, processes }
    const input = {
      previous: state.match,
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
    const isSame = matched.state === state.match
    const { instances, clients } = matched
    return {
      ...state,
      table,
      folders,
      named,
      processes,
      surroundings,
      match: matched.state,
      instances: isSame ? state.instances : instances,
      clients: new Set(clients.map(({ id }) => id)),
      reach: reachOf(state.reach, { servers, selfAddresses, table, instances, clients }),
      interest: interestOf(table, instances, clients),
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

/** It was matched with all of this already, and handed its own state back. */
function isSettled(
  state: State,
  now: Pick<State, 'table' | 'surroundings'> & Pick<State['reach'], 'selfAddresses'>,
): boolean {
  return (
    state.settledFor === state.discovery.servers &&
    state.table.processes === now.table.processes &&
    state.surroundings.containers === now.surroundings.containers &&
    state.surroundings.listening === now.surroundings.listening &&
    state.reach.selfAddresses === now.selfAddresses
  )
}

function withPaths(
  named: ReadonlySet<string>,
  configs: readonly { readonly path: string }[],
): ReadonlySet<string> {
  const more = configs.filter(({ path }) => !named.has(path))
  return more.length === 0 ? named : new Set([...named, ...more.map(({ path }) => path)])
}
