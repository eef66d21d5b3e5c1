/** Turns whatever went wrong into a sentence, a hint and an exit code. */
import { type ErrorCode, type ExitCode, McpWatchError } from '../shared/errors.ts'
import type { Io } from './io.ts'
import { jsonText } from './render/json.ts'
import { clean } from './render/text.ts'

/** Shows `error` on standard error, with `json` as an object on standard output too. Returns the exit code. */
export function showFailure(
  error: unknown,
  io: Pick<Io, 'out' | 'err' | 'debug'>,
  json: boolean,
): ExitCode {
  const failure = toFailure(error)
  if (json) io.out(failureJson(failure.code, failure.message, failure.hint))
  io.err(`mcp-watch: ${clean(failure.message)}\n`)
  if (failure.hint !== null) io.err(`  ${clean(failure.hint)}\n`)
  if (io.debug && error instanceof Error) io.err(`${error.stack ?? String(error)}\n`)
  return failure.exitCode
}

/** The body described by `errorSchema` of shared/contract. */
export function failureJson(code: ErrorCode, message: string, hint: string | null): string {
  return jsonText({ schemaVersion: 1, error: { code, message, hint } })
}

/** An expected failure as it is; a native module that cannot be loaded by its cause; anything else is a bug of ours. */
export function toFailure(error: unknown): McpWatchError {
  if (error instanceof McpWatchError) return error
  if (isNativeModuleFailure(error)) {
    return new McpWatchError(
      'NATIVE_MODULE',
      'the database module better-sqlite3 cannot be loaded',
      {
        hint: `it was probably installed for another Node than this ${process.version}: run "npm rebuild better-sqlite3" where mcp-watch is installed`,
        cause: error,
      },
    )
  }
  return new McpWatchError('INTERNAL', 'something unexpected went wrong; this is a bug', {
    hint: 'run it again with MCPWATCH_DEBUG=1 to see where, and please report it',
    cause: error,
  })
}

/** dlopen(3) failed, or the compiled file is not there at all; looked for along the causes. */
function isNativeModuleFailure(error: unknown): boolean {
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const code = (current as NodeJS.ErrnoException).code
    if (code === 'ERR_DLOPEN_FAILED') return true
    if (current.message.startsWith('Could not locate the bindings file')) return true
    if (code === 'ERR_MODULE_NOT_FOUND' && current.message.includes("'better-sqlite3'")) return true
    current = current.cause
  }
  return false
}
