/** The conversation with a lab's first process: JSON lines both ways, and the programs it started. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { waitFor } from './wait-for.ts'

export interface StartOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Keeps the capabilities of the lab's first process; without, a program has none, like a plain user's. */
  readonly privileged?: boolean
}

/** A program in a lab. `pid` is the one that processes of the lab know. */
export interface LabProcess {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  /** Calls back with each line of standard output from now on, at once when it arrives. */
  onLine(listener: (line: string) => void): void
  /** Null while it runs; `code` is null when a signal ended it. */
  readonly exit: { readonly code: number | null; readonly signal: string | null } | null
  write(text: string): Promise<void>
  signal(signal: NodeJS.Signals): Promise<void>
  exited(
    deadlineMs: number,
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>
}

type Message = Record<string, unknown>

export interface Channel {
  /** Resolves with what the outside consists of. */
  readonly ready: Promise<unknown>
  start(command: string, args: readonly string[], options: StartOptions): Promise<LabProcess>
  signal(pid: number, signal: NodeJS.Signals): Promise<void>
}

interface Mutable {
  stdout: string
  /** What follows the last newline of standard output. */
  partial: string
  readonly listeners: ((line: string) => void)[]
  stderr: string
  exit: LabProcess['exit']
}

export function openChannel(host: ChildProcessWithoutNullStreams): Channel {
  const outputs = new Map<number, Mutable>()
  const waiting = new Map<number, (answer: Message) => void>()
  let lastId = 0

  const request = <T>(
    operation: string,
    fields: object,
    done: (answer: Message) => T,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, (answer) => {
        if (typeof answer['error'] === 'string') reject(new Error(answer['error']))
        // Within the same event: the program's first output may be in the very next line.
        else resolve(done(answer))
      })
      host.stdin.write(`${JSON.stringify({ id: lastId, operation, ...fields })}\n`)
    })
  const signal = (pid: number, name: NodeJS.Signals): Promise<void> =>
    request('signal', { pid, signal: name }, () => undefined)
  const ready = new Promise<unknown>((resolve) => {
    createInterface({ input: host.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as Message
      if (message['event'] === 'ready') resolve(message['outside'])
      else if (typeof message['id'] === 'number') {
        waiting.get(message['id'])?.(message)
        waiting.delete(message['id'])
      } else note(outputs.get(message['pid'] as number), message)
    })
  })
  return {
    ready,
    signal,
    start: (command, args, options) =>
      request('start', { command, args, ...options }, (answer) => {
        const output: Mutable = { stdout: '', partial: '', listeners: [], stderr: '', exit: null }
        const pid = answer['pid'] as number
        outputs.set(pid, output)
        return labProcess(pid, output, {
          signal,
          write: (data) => request('write', { pid, data }, () => undefined),
        })
      }),
  }
}

function note(output: Mutable | undefined, message: Message): void {
  if (output === undefined) return
  if (message['event'] === 'stdout') noteOutput(output, message['data'] as string)
  else if (message['event'] === 'stderr') output.stderr += message['data'] as string
  else if (message['event'] === 'exit') {
    output.exit = {
      code: message['code'] as number | null,
      signal: message['signal'] as string | null,
    }
  }
}

function noteOutput(output: Mutable, text: string): void {
  output.stdout += text
  const lines = (output.partial + text).split('\n')
  output.partial = lines.pop() ?? ''
  for (const line of lines) for (const listener of output.listeners) listener(line)
}

function labProcess(
  pid: number,
  output: Mutable,
  host: {
    signal(pid: number, signal: NodeJS.Signals): Promise<void>
    write(data: string): Promise<void>
  },
): LabProcess {
  return {
    pid,
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    },
    onLine: (listener) => void output.listeners.push(listener),
    get exit() {
      return output.exit
    },
    write: (data) => host.write(data),
    signal: (signal) => host.signal(pid, signal),
    exited: (deadlineMs) =>
      waitFor(() => output.exit, {
        what: () => `process ${pid} ends (${output.stderr})`,
        deadlineMs,
      }),
  }
}
