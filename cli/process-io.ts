/** Fills `Io` from the real process, and runs the program with it. */
import { appendFileSync } from 'node:fs'
import { type ExitCode, McpWatchError } from '../shared/errors.ts'
import { showFailure } from './failure.ts'
import type { EndSignal, Io, Screen } from './io.ts'
import { run } from './run.ts'

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** Handles that something forgot to close may not keep a finished command alive longer than this. */
const LINGER_MS = 2000

/** Runs the program with this process' arguments and sets its exit code. */
export async function main(mainPath: string): Promise<void> {
  const io = processIo(mainPath)
  // Node itself would end with 1, which here means "findings".
  process.on('uncaughtException', (error) => {
    process.exit(showFailure(error, io, false))
  })
  process.exitCode = await run(process.argv.slice(2), io)
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

export function processIo(mainPath: string): Io {
  const { stdout, stderr, env } = process
  let errorFile: string | null = null
  return {
    out: (text) => void stdout.write(text),
    err: (text) => {
      if (errorFile === null) stderr.write(text)
      else appendLogLine(errorFile, text)
    },
    stream: stdout,
    screen: () => (stdout.isTTY ? screenOf(stdout) : null),
    onResize(listener) {
      stdout.on('resize', listener)
      return () => void stdout.off('resize', listener)
    },
    closed: brokenPipe(stdout, stderr),
    color: wantsColor(env, stdout.isTTY),
    debug: env['MCPWATCH_DEBUG'] === '1',
    nowMs: () => Date.now(),
    entry: () => import('../daemon/entry.ts'),
    confirm: async (question) =>
      process.stdin.isTTY && stderr.isTTY ? await confirmed(question) : null,
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, listener)
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener)
      }
    },
    exit: (code: ExitCode) => process.exit(code),
    mainPath,
    tellParent(message) {
      // The parent may have given up and gone; the daemon goes on all the same.
      process.send?.(message, undefined, undefined, () => {
        if (process.connected) process.disconnect()
      })
    },
    redirectErrors(file) {
      errorFile = file
    },
  }
}

/** Anything but a yes is a no, also the end of the input. */
async function confirmed(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<string>((resolve) => {
    terminal.once('close', () => resolve(''))
  })
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}

/** https://no-color.org: any value but the empty one switches colour off. */
export function wantsColor(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  return isTerminal && env['TERM'] !== 'dumb'
}

/** A terminal may say that it has no columns at all (a serial line, a fresh pseudo-terminal): 80 × 24 then. */
function screenOf(stream: NodeJS.WriteStream): Screen {
  return { columns: stream.columns || 80, rows: stream.rows || 24 }
}

/** Swallows what a reader that went away causes: `mcp-watch report | head -1` is no error. */
function brokenPipe(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Promise<void> {
  stderr.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') resolve()
      else reject(unwritable(error))
    })
  })
}

function unwritable(cause: NodeJS.ErrnoException): McpWatchError {
  const message = `standard output cannot be written (${cause.code ?? 'unknown error'})`
  return new McpWatchError('OUTPUT_FAILED', message, {
    hint: 'if it goes to a file, see that its disk is not full',
    cause,
  })
}

/** In the form of the log's other lines; 60 is pino's level "fatal". */
function appendLogLine(file: string, text: string): void {
  const line = JSON.stringify({ level: 60, time: Date.now(), msg: text.trimEnd() })
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 })
  } catch {
    // No disk, no log: there is nowhere left to say it.
  }
}
