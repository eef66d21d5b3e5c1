/** Runs a notification tool and says in our words how it failed: its own may quote what it was given. */
import { McpWatchError } from '../../shared/errors.ts'
import type { RunTool, ToolResult } from '../capture/run-tool.ts'

/** A desktop that does not answer for this long is not waited for. */
export const SEND_TIMEOUT_MS = 5_000
const MAX_BYTES = 64 * 1024

export interface ToolCall {
  readonly runTool: RunTool
  readonly path: string
  /** The whole environment of the tool. */
  readonly env: Readonly<Record<string, string>>
  readonly abort: AbortSignal
}

/** Throws McpWatchError TOOL_MISSING, TOOL_FAILED or TOOL_TIMEOUT. */
export async function callTool(
  { runTool, path, env, abort }: ToolCall,
  args: readonly string[],
  timeoutMs = SEND_TIMEOUT_MS,
): Promise<string> {
  const result = await runTool(path, args, { env, abort, timeoutMs, maxBytes: MAX_BYTES })
  const failure = failureOf(result)
  if (failure !== null) throw failure
  return result.stdout
}

function failureOf({ code, timedOut, stderr }: ToolResult): McpWatchError | null {
  // What gdbus and notify-send say of a call that the service took and did not answer (GIO; D-Bus specification).
  const isUnanswered = /Timeout was reached|DBus\.Error\.(NoReply|Timeout)\b/.test(stderr)
  if (timedOut || (code !== 0 && isUnanswered))
    return new McpWatchError('TOOL_TIMEOUT', 'the notification service did not answer in time')
  if (code === 0) return null
  // The error's name in the D-Bus specification: nobody on the bus owns the name, and nothing can be started for it.
  const isNobody = stderr.includes('org.freedesktop.DBus.Error.ServiceUnknown')
  return new McpWatchError(
    'TOOL_FAILED',
    isNobody
      ? 'no notification service is on the session bus'
      : `the notification tool failed (${code === null ? 'ended by a signal' : `exit code ${code}`})`,
  )
}
