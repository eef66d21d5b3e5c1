/** `mcp-watch history`: what became of a server in its client's configuration. */
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import type { Duration } from '../options.ts'
import { renderHistory } from '../render/history.ts'
import { jsonText } from '../render/json.ts'
import { askSource } from '../source.ts'

export interface HistoryOptions {
  readonly json?: boolean
  readonly since: Duration
  readonly client?: string
}

/** `server`: a name, which several clients may have, or an id. */
export async function history(
  server: string,
  { json = false, since, client }: HistoryOptions,
  io: Io,
): Promise<ExitCode> {
  const filter = client === undefined ? { server } : { server, client }
  const answer = await askSource(io, (source) => source.history(since, filter))
  io.out(json ? jsonText(answer) : renderHistory(answer, lookOf(io)))
  return 0
}
