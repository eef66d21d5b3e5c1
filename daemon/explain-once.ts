/** Explains from one look at processes and configuration, without daemon, engine's sample or database. */
import type { Explanation, Question } from '../shared/contract/explain.ts'
import { thisMachine } from './compose.ts'
import { matchOnce } from './match-once.ts'
import { explain } from './query/explain.ts'

/** Throws McpWatchError UNKNOWN_SERVER. */
export async function explainOnce(question: Question): Promise<Explanation> {
  const machine = thisMachine()
  const matched = await matchOnce(machine)
  const scenery = { now: machine.clock.wallMs(), source: 'look' as const, ownUid: machine.uid }
  return explain({ ...matched, ...scenery }, question)
}
