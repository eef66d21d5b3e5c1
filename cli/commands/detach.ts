/** `mcp-watch start --detach`: starts the daemon in the background and waits until it answers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ERROR_CODES, type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { NODE_FLAGS } from '../../shared/node-flags.ts'
import { createApiClient } from '../api-client.ts'
import type { Io } from '../io.ts'
import { until } from '../poll.ts'
import { clean } from '../render/text.ts'
import type { StartOptions } from './start.ts'

const PATIENCE_MS = 10_000
const END_PATIENCE_MS = 5000

/** What the background process tells when it runs. */
interface Ready {
  readonly pid: number
  readonly socket: string
  readonly logFile: string
}

type Outcome =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'ended'; readonly code: number | null }
  | { readonly kind: 'late' }

export async function detach(
  options: StartOptions,
  io: Io,
  patienceMs = PATIENCE_MS,
): Promise<ExitCode> {
  // Until the daemon has its log file, what it has to say goes to a file that only this process reads.
  const folder = temporaryFolder()
  const errorFile = join(folder, 'stderr')
  try {
    const child = spawnBackground(io.mainPath, childArguments(options), errorFile)
    const outcome = await outcomeOf(child, patienceMs)
    switch (outcome.kind) {
      case 'ready':
        await confirm(child, outcome.ready, patienceMs)
        io.out(started(outcome.ready))
        return 0
      case 'ended':
        io.err(readText(errorFile))
        return toExitCode(outcome.code)
      case 'late':
        await end(child)
        throw new McpWatchError('DAEMON_SILENT', 'the daemon did not begin in time and was ended', {
          hint: 'run "mcp-watch start" without --detach to see what it waits for',
        })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'mcp-watch-start-'))
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `${tmpdir()} cannot be used for temporary files`, {
      hint: 'set TMPDIR to a folder that you can write to',
      cause,
    })
  }
}

function childArguments(options: StartOptions): string[] {
  return [
    'start',
    '--background',
    ...(options.engine === undefined ? [] : ['--engine', options.engine]),
    ...(options.interval === undefined ? [] : ['--interval', options.interval.text]),
    ...(options.port === undefined ? [] : ['--port', String(options.port)]),
  ]
}

/** In its own session (setsid(2)), so that closing the terminal does not end it; `/` as folder, so that it holds none. */
function spawnBackground(mainPath: string, args: string[], errorFile: string): ChildProcess {
  const stderr = openSync(errorFile, 'wx', 0o600)
  try {
    return spawn(process.execPath, [...NODE_FLAGS, mainPath, ...args], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
    })
  } finally {
    closeSync(stderr)
  }
}

function outcomeOf(child: ChildProcess, patienceMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ kind: 'late' }), patienceMs)
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer)
      resolve(outcome)
    }
    child.once('error', reject)
    child.once('exit', (code) => settle({ kind: 'ended', code }))
    child.on('message', (message) => {
      const ready = toReady(message)
      if (ready !== null) settle({ kind: 'ready', ready })
    })
  })
}

function toReady(message: unknown): Ready | null {
  const { pid, socket, logFile } = (message ?? {}) as Partial<Record<keyof Ready, unknown>>
  if (typeof pid !== 'number') return null
  return typeof socket === 'string' && typeof logFile === 'string' ? { pid, socket, logFile } : null
}

/** It said that it runs; that it can be asked is what the user needs. */
async function confirm(child: ChildProcess, ready: Ready, patienceMs: number): Promise<void> {
  const api = createApiClient(ready.socket)
  const answers = await until(
    () =>
      api.health().then(
        ({ pid }) => pid === ready.pid,
        () => false,
      ),
    patienceMs,
  )
  if (!answers) {
    await end(child)
    throw new McpWatchError('DAEMON_SILENT', 'the daemon began but does not answer; it was ended', {
      hint: `its log may say why: ${ready.logFile}`,
    })
  }
  if (child.connected) child.disconnect()
  child.unref()
}

/** Nothing may stay behind that the user was told did not begin. */
async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
  if (!(await until(ended, END_PATIENCE_MS))) child.kill('SIGKILL')
}

function started(ready: Ready): string {
  return [
    'mcp-watch is watching in the background; "mcp-watch stop" ends it',
    `  process  ${ready.pid}`,
    `  socket   ${clean(ready.socket)}`,
    `  log      ${clean(ready.logFile)}`,
    '',
  ].join('\n')
}

const MOST_LINES = 20

/** The last lines; each was written by this program, yet they may show a Node's own message. */
function readText(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-MOST_LINES)
  return lines.map((line) => `${line.startsWith('  ') ? '  ' : ''}${clean(line)}\n`).join('')
}

/** Killed by a signal, or by something that is not this program's: a fault of this machine or ours. */
function toExitCode(code: number | null): ExitCode {
  if (code === 2 || code === 3) return code
  return ERROR_CODES.INTERNAL
}
