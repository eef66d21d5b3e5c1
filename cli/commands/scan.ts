/** `mcp-watch scan`: one look, without a daemon and without a database. */
import type { ExitCode } from '../../shared/errors.ts'
import type { EngineName } from '../../shared/model/observation.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import { renderScan } from '../render/report.ts'

export async function scan(
  options: { readonly json?: boolean; readonly engine?: EngineName },
  io: Io,
): Promise<ExitCode> {
  const entry = await io.entry()
  const answer = await entry.scanOnce({ engine: options.engine ?? null })
  io.out(options.json === true ? jsonText(answer) : renderScan(answer, lookOf(io)))
  return 0
}
