/** `mcp-watch explain`: why a process is taken for a server or not, and how a server is recognised. */
import type { Explanation, Question } from '../../shared/contract/explain.ts'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { createApiClient } from '../api-client.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { renderExplanation } from '../render/explain.ts'
import { jsonText } from '../render/json.ts'

/** More digits than a process id can have are a server's id (16 hex digits). */
const PID = /^[1-9]\d{0,8}$/

export async function explain(
  subject: string,
  options: { readonly json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const question = PID.test(subject) ? { pid: Number(subject) } : { server: subject }
  const answer = await ask(io, question)
  io.out(options.json === true ? jsonText(answer) : renderExplanation(answer, lookOf(io)))
  return 0
}

/** The running daemon remembers more than one look can see; without it a look has to do. */
async function ask(io: Io, question: Question): Promise<Explanation> {
  const entry = await io.entry()
  const daemon = entry.locateDaemon()
  if (daemon !== null) {
    try {
      return await createApiClient(daemon.socket).explain(question)
    } catch (error) {
      // It is just ending, or its process id is a stranger's by now.
      if (!(error instanceof McpWatchError && error.code === 'NO_DAEMON')) throw error
    }
  }
  return await entry.explain(question)
}
