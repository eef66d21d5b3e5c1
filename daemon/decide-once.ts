/** Whether the process that runs this command may change what servers are allowed: one look at the processes. */
import type { Status } from '../shared/contract/answers.ts'
import { composePorts, thisMachine } from './compose.ts'
import { chainOf, copiesIn, copiesOf, refuseBelowServer } from './decisions/refuse-below-server.ts'
import { silentLog } from './host/log.ts'
import { temporarySalt } from './host/salt.ts'
import { emptyMatchState, matchServers } from './match/match.ts'
import { workingFolders } from './tick/interest.ts'

/**
 * Throws McpWatchError DECISION_REFUSED below a watched server. `known` is what a running daemon says: its memory goes
 * back further than one look, and its environment is not the caller's to choose. Null where none runs.
 */
export async function refuseDecisionBelowServer(known: Status | null): Promise<void> {
  const wishes = { engine: null, intervalMs: null }
  const ports = composePorts(thisMachine(), wishes, temporarySalt(), silentLog)
  const { discoverer, recogniseClient, digest } = ports
  try {
    const table = await ports.processes.sample(new Set())
    const match = (servers: ReturnType<typeof discoverer.read>['servers']) =>
      matchServers({ previous: emptyMatchState, servers, table, recogniseClient, digest })
    // Once to learn which projects the running clients work in, and again with what those declare.
    discoverer.setWorkingFolders(workingFolders([], match(discoverer.read().servers).clients))
    const { servers } = discoverer.read()
    const seen = copiesIn(match(servers).instances, servers)
    const told = known === null ? [] : copiesOf(known)
    refuseBelowServer(chainOf(table, process.pid), [...seen, ...told])
  } finally {
    discoverer.stop()
    ports.registry.stop()
  }
}
