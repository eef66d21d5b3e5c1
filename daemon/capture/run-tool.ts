/** The one place that starts another program: absolute path, argument list, no shell, bounded in time and size. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isOutOfFiles, McpWatchError, outOfFiles } from '../../shared/errors.ts'

export interface ToolOptions {
  /** Default 5000. When it is over the tool and whatever it started are killed. */
  readonly timeoutMs?: number
  /** Default 32 MiB of standard output; a tool that says more is killed. */
  readonly maxBytes?: number
  /**
   * The whole environment of the tool. Default is `LC_ALL=C` alone: COLUMNS breaks ss lines (iproute2 6.11),
   * PROC_ROOT would point ss at another /proc.
   */
  readonly env?: Readonly<Record<string, string>>
  /** Default `/`. */
  readonly cwd?: string
  /** Kills the tool when aborted; the result then has `signal` SIGKILL. */
  readonly abort?: AbortSignal
  /** Who runs it, where that is not this process' user. Node gives up the other groups of root too (setgroups(2)). */
  readonly as?: { readonly uid: number; readonly gid: number } | null
}

export interface ToolResult {
  readonly stdout: string
  /** First 64 KiB. It may quote names that a watched program chose: never log or show it. */
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly timedOut: boolean
  /** Said more than `maxBytes`; `stdout` then ends anywhere. */
  readonly truncated: boolean
  readonly elapsedMs: number
}

export type RunTool = (
  path: string,
  args: readonly string[],
  options?: ToolOptions,
) => Promise<ToolResult>

const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_MAX_BYTES = 32 * 1024 * 1024
const MAX_STDERR_BYTES = 64 * 1024
/** How long a killed tool may take to be gone before it is given up (uninterruptible sleep on a dead disk). */
const KILL_GRACE_MS = 1_000
/** A timer this late says more of us than of the tool. */
const LATE_MS = 1_000

/**
 * Runs a tool to its end. Whatever it does is a result; only a tool that cannot be started at all rejects, with
 * McpWatchError TOOL_MISSING or TOOL_FAILED.
 */
export const runTool: RunTool = async (path, args, options = {}) => {
  if (!isAbsolute(path)) throw new McpWatchError('INTERNAL', 'a tool needs an absolute path')
  const startedAt = performance.now()
  const child = start(path, args, options)
  return await new Promise<ToolResult>((resolve, reject) => {
    const run = new ToolRun(child, options, (end) => {
      resolve({ ...end, elapsedMs: performance.now() - startedAt })
    })
    child.once('error', (cause: NodeJS.ErrnoException) => {
      run.abandon()
      reject(startError(path, cause))
    })
  })
}

/** The same for a user: root's daemon runs what belongs to the user's session, or could be the user's own, as them. */
export function runToolAs(user: { readonly uid: number; readonly gid: number } | null): RunTool {
  if (user === null) return runTool
  const as = { uid: user.uid, gid: user.gid }
  return async (path, args, options) => await runTool(path, args, { ...options, as })
}

function start(path: string, args: readonly string[], options: ToolOptions): ChildProcess {
  try {
    return spawn(path, [...args], {
      cwd: options.cwd ?? '/',
      env: { ...(options.env ?? { LC_ALL: 'C' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      detached: true, // its own process group, so that what it starts is killed with it
      ...options.as,
    })
  } catch (cause) {
    // Some errors Node throws, as ENOMEM, in place of telling of them later.
    throw startError(path, cause as NodeJS.ErrnoException)
  }
}

type Ending = Omit<ToolResult, 'elapsedMs'>

/** What is collected of one run, and when it counts as over. */
class ToolRun {
  readonly #child: ChildProcess
  readonly #onEnd: (end: Ending) => void
  readonly #stdout: Buffer[] = []
  readonly #stderr: Buffer[] = []
  readonly #maxBytes: number
  #timer: NodeJS.Timeout
  readonly #abort: AbortSignal | undefined
  readonly #onAbort = (): void => this.#kill()
  #grace: NodeJS.Timeout | null = null
  #stdoutBytes = 0
  #stderrBytes = 0
  #timedOut = false
  #truncated = false
  #over = false

  constructor(child: ChildProcess, options: ToolOptions, onEnd: (end: Ending) => void) {
    this.#child = child
    this.#onEnd = onEnd
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const dueAt = performance.now() + timeoutMs
    const onTime = (): void => {
      this.#timedOut = true
      this.#kill()
    }
    this.#timer = setTimeout(() => {
      // We were stopped, or held up: what the tool said meanwhile has not been read yet.
      if (performance.now() - dueAt > LATE_MS) this.#timer = setTimeout(onTime, KILL_GRACE_MS)
      else onTime()
    }, timeoutMs)
    this.#abort = options.abort
    if (options.abort?.aborted === true) this.#kill()
    else options.abort?.addEventListener('abort', this.#onAbort)
    child.stdout?.on('data', (chunk: Buffer) => this.#addStdout(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#addStderr(chunk))
    child.once('close', (code, signal) => this.#end(code, signal))
  }

  /** Never started: no timer may hold the process up. */
  abandon(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#abort?.removeEventListener('abort', this.#onAbort)
    if (this.#grace !== null) clearTimeout(this.#grace)
  }

  #addStdout(chunk: Buffer): void {
    if (this.#truncated) return
    const room = this.#maxBytes - this.#stdoutBytes
    this.#stdout.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
    this.#stdoutBytes += Math.min(chunk.length, room)
    if (chunk.length <= room) return
    this.#truncated = true
    this.#kill()
  }

  #addStderr(chunk: Buffer): void {
    if (this.#stderrBytes >= MAX_STDERR_BYTES) return
    const part = chunk.subarray(0, MAX_STDERR_BYTES - this.#stderrBytes)
    this.#stderrBytes += part.length
    this.#stderr.push(part)
  }

  #kill(): void {
    if (this.#over || this.#grace !== null) return
    killGroup(this.#child)
    this.#grace = setTimeout(() => this.#end(null, 'SIGKILL'), KILL_GRACE_MS)
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#over) return
    this.abandon()
    // A grandchild that left the group may still hold the pipes: nothing more is read from them.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#child.unref()
    this.#onEnd({
      stdout: Buffer.concat(this.#stdout).toString('utf8'),
      stderr: Buffer.concat(this.#stderr).toString('utf8'),
      code,
      signal,
      timedOut: this.#timedOut,
      truncated: this.#truncated,
    })
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // the group is gone already, or was never made
  }
}

function startError(path: string, cause: NodeJS.ErrnoException): McpWatchError {
  if (isOutOfFiles(cause)) return outOfFiles(cause)
  return cause.code === 'ENOENT'
    ? new McpWatchError('TOOL_MISSING', `${path} is not there`, { cause })
    : new McpWatchError(
        'TOOL_FAILED',
        `${path} could not be started (${cause.code ?? 'unknown'})`,
        {
          cause,
        },
      )
}

/** Where systems keep their own tools. A watching program must not run what a watched one put on its PATH. */
export const TOOL_DIRECTORIES: readonly string[] = [
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/opt/local/bin',
  '/run/current-system/sw/bin',
]

/** Absolute path of a tool by its name, or null. Relative directories are passed over. */
export function findTool(
  name: string,
  directories: readonly string[] = TOOL_DIRECTORIES,
): string | null {
  if (!/^[A-Za-z0-9][\w.+-]*$/.test(name)) return null
  for (const directory of directories) {
    const path = join(directory, name)
    if (isAbsolute(directory) && isExecutableFile(path)) return path
  }
  return null
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
