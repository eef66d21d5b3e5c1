/** The one error class, its codes and the exit code each leads to. */

/** 0 done · 1 findings · 2 wrong usage, configuration or policy · 3 not available · 4 this machine or we. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

export const ERROR_CODES = {
  USAGE: 2,
  UNKNOWN_SERVER: 2,
  UNKNOWN_CLIENT: 2,
  POLICY_INVALID: 2,
  POLICY_CHANGED: 2,
  DECISION_REFUSED: 2,
  UNKNOWN_FINDING: 2,
  NO_DAEMON: 3,
  NO_DATA: 3,
  DAEMON_RUNNING: 3,
  DAEMON_SILENT: 3,
  PORT_TAKEN: 3,
  NATIVE_MODULE: 4,
  NO_ENGINE: 4,
  TOOL_MISSING: 4,
  TOOL_FAILED: 4,
  TOOL_TIMEOUT: 4,
  OUT_OF_FILES: 4,
  DATABASE_NEWER: 4,
  DATABASE_CORRUPT: 4,
  STATE_FOLDER: 4,
  POLICY_FILE: 4,
  OUTPUT_FAILED: 4,
  SERVICE_MANAGER: 4,
  DEMO_FAILED: 4,
  INTERNAL: 4,
} as const satisfies Record<string, ExitCode>

export type ErrorCode = keyof typeof ERROR_CODES

/** An expected failure: `message` says what is wrong, `hint` what the user can do about it. Neither holds a secret. */
export class McpWatchError extends Error {
  override readonly name = 'McpWatchError'
  readonly code: ErrorCode
  readonly hint: string | null

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? null
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code]
  }
}

/**
 * The system has nothing left to open a file with (EMFILE, ENFILE, ENOMEM; open(2)). What could not be opened then is
 * not gone: whoever takes it for gone reports ends that never happened.
 */
export function isOutOfFiles(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM'
}

export function outOfFiles(cause: unknown): McpWatchError {
  return new McpWatchError('OUT_OF_FILES', 'no more files can be opened', {
    hint: 'raise the limit of open files (ulimit -n, or LimitNOFILE of the service)',
    cause,
  })
}
