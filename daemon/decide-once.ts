/** Whether the process that runs this command may change what servers are allowed: one look at the processes. */
import type { Status } from '../shared/contract/answers.ts'
import { thisMachine } from './compose.ts'
import { chainOf, copiesIn, copiesOf, refuseBelowServer } from './decisions/refuse-below-server.ts'
import { matchOnce } from './match-once.ts'

/**
 * Throws McpWatchError DECISION_REFUSED below a watched server. `known` is what a running daemon says: its memory goes
 * back further than one look, and its environment is not the caller's to choose. Null where none runs.
 */
export async function refuseDecisionBelowServer(known: Status | null): Promise<void> {
  const { table, servers, instances } = await matchOnce(thisMachine())
  const seen = copiesIn(instances, servers)
  const told = known === null ? [] : copiesOf(known)
  refuseBelowServer(chainOf(table, process.pid), [...seen, ...told])
}
