/** `mcp-watch servers`: what the clients' configurations declare, and what is known of it. */
import type { ExitCode } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import { renderServerList } from '../render/servers.ts'
import { askSource } from '../source.ts'

export async function servers(options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const answer = await askSource(io, (source) => source.servers())
  if (options.json === true) {
    io.out(jsonText(answer))
    return 0
  }
  const { style, columns } = lookOf(io)
  io.out(renderServerList(answer.servers, style, columns))
  return 0
}
