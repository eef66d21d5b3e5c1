/** Processes that connect as they are told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('./sock-diag-engine-worker.mjs', import.meta.url))

export interface Made {
  readonly localPort: number
  /** Before it was opened and after it was closed, by the wall clock: on a busy machine both may be some time away. */
  readonly beganAt: number
  readonly closedAt: number
  /** The line that it began with is not among `sent` of the workload, but of what the kernel counts. */
  readonly sent: number
  readonly received: number
}

export interface Worker {
  readonly pid: number
  tell<T = Made>(order: string, options?: object): Promise<T>
  /** Over SCM_RIGHTS (unix(7)). */
  give(socket: Socket): Promise<void>
  end(): Promise<void>
}

export interface WorkerOptions {
  readonly uid?: number | undefined
  readonly before?: readonly string[]
}

const workers: Worker[] = []

export async function startWorker({ uid, before = [] }: WorkerOptions = {}): Promise<Worker> {
  const [file, ...args] = [...before, process.execPath, WORKER]
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const worker = talkTo(child)
  workers.push(worker)
  await worker.tell('', { isReady: true })
  return worker
}

function talkTo(child: ChildProcess): Worker {
  const { stdin, stdout, pid } = child
  if (stdin === null || stdout === null || pid === undefined) throw new Error('no worker')
  const waiting = new Map<number, (answer: unknown) => void>()
  const exited = once(child, 'exit')
  const ready = new Promise((resolve) => waiting.set(0, resolve))
  createInterface({ input: stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { id: number }
    waiting.get(answer.id)?.(answer)
  })
  let ids = 0
  return {
    pid,
    async tell<T>(order: string, options: object = {}): Promise<T> {
      if (order === '') return (await ready) as T
      ids += 1
      const id = ids
      const answer = new Promise((resolve) => waiting.set(id, resolve))
      stdin.write(`${JSON.stringify({ id, order, ...options })}\n`)
      return (await answer) as T
    },
    async give(socket) {
      const taken = once(child, 'message')
      child.send('socket', socket, { keepOpen: true })
      await taken
    },
    async end() {
      stdin.end()
      await exited
    },
  }
}

export async function endWorkers(): Promise<void> {
  await Promise.all(workers.splice(0).map((worker) => worker.end()))
}

/** The worker's listener on loopback. */
export async function listen(worker: Worker, host = '127.0.0.1'): Promise<number> {
  return (await worker.tell<{ port: number }>('listen', { host })).port
}
