/** Runs a case through the program's own discoverer and matching, table by table. */
import { createDiscoverer } from '../../daemon/discover/discoverer.ts'
import { keyedDigest, temporarySalt } from '../../daemon/host/salt.ts'
import { createGlances, emptyMatchState, matchServers } from '../../daemon/match/match.ts'
import type { Clock, Discoverer } from '../../daemon/ports.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { workingFolders } from '../../daemon/tick/working-folders.ts'
import { namedConfigs } from '../../shared/clients/named-config.ts'
import { recogniseClient } from '../../shared/clients/recognise.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Discovery } from '../../shared/model/server.ts'
import type { CorpusCase } from './case.ts'
import { listeningAt } from './listening.ts'
import { type CaseMachine, createMachine } from './machine.ts'
import { containersOf, processTables } from './tables.ts'

export interface Replay {
  readonly discovery: Discovery
  readonly instances: readonly Instance[]
  /** The last one. */
  readonly table: ProcessTable
  /** All of them. */
  readonly tables: readonly ProcessTable[]
}

/** Whom the home of every case belongs to. */
const OWN_UID = 1000

const CLOCK: Clock = { wallMs: Date.now, monotonicMs: () => performance.now() }

export function replay(one: CorpusCase): Replay {
  const machine = createMachine(one)
  const digest = keyedDigest(temporarySalt())
  const discoverer = createDiscoverer({
    platform: one.platform,
    home: machine.home,
    root: machine.root,
    env: {},
    packages: createPackages(CLOCK),
    digest,
    clock: CLOCK,
  })
  try {
    return follow(machine, discoverer, digest)
  } finally {
    discoverer.stop()
    machine.remove()
  }
}

/** As the daemon does: what the folders of running clients declare counts for the very table they were seen in. */
function follow(
  { moved }: CaseMachine,
  discoverer: Discoverer,
  digest: (text: string) => string,
): Replay {
  const glances = createGlances()
  let discovery = discoverer.read()
  let previous = emptyMatchState
  let folders: readonly string[] = []
  let last: Replay | null = null
  const tables = processTables(moved)
  const containers = containersOf(moved)
  for (const [index, table] of tables.entries()) {
    const peers = new Map(moved.tables[index]?.map(({ pid, stdinPeer }) => [pid, stdinPeer]))
    const stdinHolder = ({ pid }: Process): number | null => peers.get(pid) ?? null
    const matched = () => {
      const { servers } = discovery
      const input = {
        previous,
        servers,
        table,
        recogniseClient,
        digest,
        stdinHolder,
        containers,
        listening: listeningAt(moved, servers, table, containers.all),
        ownUid: OWN_UID,
      }
      return matchServers(input, glances)
    }
    let output = matched()
    for (;;) {
      folders = workingFolders(folders, output.clients)
      const found = discoverer.setWorkingFolders(folders, namedConfigs(output.clients))
      if (found === null) break
      discovery = found
      output = matched()
    }
    previous = output.state
    last = { discovery, instances: output.instances, table, tables }
  }
  if (last === null) throw new Error('a case has at least one table')
  return last
}
