/** `mcp-watch status`: what the running daemon watches now. */
import type { ExitCode } from '../../shared/errors.ts'
import { VERSION } from '../../shared/version.ts'
import { createApiClient } from '../api-client.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import { renderStatus } from '../render/status.ts'
import { requireDaemon } from '../source.ts'

export async function status(options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const { socket } = await requireDaemon(io)
  const answer = await createApiClient(socket).status()
  io.out(
    options.json === true
      ? jsonText(answer)
      : renderStatus(answer, lookOf(io), io.nowMs(), VERSION),
  )
  return 0
}
