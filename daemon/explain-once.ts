/** Explains from one look at processes and configuration, without daemon, engine's sample or database. */
import type { Explanation, Question } from '../shared/contract/explain.ts'
import { composePorts, thisMachine } from './compose.ts'
import { silentLog } from './host/log.ts'
import { temporarySalt } from './host/salt.ts'
import { emptyMatchState, matchServers } from './match/match.ts'
import { explain } from './query/explain.ts'
import { workingFolders } from './tick/interest.ts'

/** Throws McpWatchError: UNKNOWN_SERVER, NO_ENGINE. */
export async function explainOnce(question: Question): Promise<Explanation> {
  const machine = thisMachine()
  const wishes = { engine: null, intervalMs: null }
  const ports = composePorts(machine, wishes, temporarySalt(), silentLog)
  const { discoverer, recogniseClient, digest } = ports
  try {
    const table = await ports.processes.sample(new Set())
    const match = (servers: ReturnType<typeof discoverer.read>['servers']) =>
      matchServers({ previous: emptyMatchState, servers, table, recogniseClient, digest })
    // Once to learn which projects the running clients work in, and again with what those declare.
    discoverer.setWorkingFolders(workingFolders([], match(discoverer.read().servers).clients))
    const { servers } = discoverer.read()
    const { instances } = match(servers)
    return explain(
      {
        now: machine.clock.wallMs(),
        source: 'look',
        table,
        servers,
        instances,
        ownUid: machine.uid,
        recogniseClient,
        digest,
      },
      question,
    )
  } finally {
    discoverer.stop()
    ports.policy.stop()
    ports.hostBook.stop()
    ports.registry.stop()
  }
}
