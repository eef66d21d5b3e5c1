/** The daemon that is measured: the program itself, as a user or a service starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineName } from '../shared/model/observation.ts'
import { NODE_FLAGS } from '../shared/node-flags.ts'
import { waitUntil } from './wait.ts'

export interface DaemonOptions {
  readonly home: string
  /** Of the compiled program. */
  readonly mainPath: string
  /** Null leaves the choice to the program. */
  readonly engine: EngineName | null
  /** Node's flags: those of a service, or none as in a terminal. */
  readonly asService: boolean
  /** Words before the command: a program that starts it in some other way. */
  readonly through?: readonly string[]
  /** Gets each line of JSON that it prints: what it saw, once it is stored. */
  readonly onLine?: (line: string) => void
}

export interface Daemon {
  readonly pid: number
  /** From its start until its API answered. */
  readonly listeningMs: number
  get(path: string): Promise<unknown>
  stop(): Promise<void>
}

const START_MS = 20_000

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { home, mainPath, engine, asService, through = [], onLine } = options
  const flags = asService ? NODE_FLAGS : []
  const began = performance.now()
  const choice = engine === null ? [] : ['--engine', engine]
  const node = [process.execPath, ...flags, mainPath, 'start', ...choice, '--port', '0']
  const [program = process.execPath, ...args] = [...through, ...node]
  const child = spawn(program, args, {
    env: environment(home),
    stdio: ['ignore', onLine === undefined ? 'ignore' : 'pipe', 'inherit'],
  })
  if (onLine !== undefined && child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', onLine)
  }
  const socket = await socketOf(child, join(home, '.local/state/mcp-watch/daemon.json'))
  const get = (path: string): Promise<unknown> => ask(socket, path)
  await get('/api/v1/health')
  const listeningMs = performance.now() - began
  return {
    pid: child.pid ?? 0,
    listeningMs,
    get,
    stop: async () => {
      child.kill('SIGTERM')
      await waitUntil(() => child.exitCode !== null, 'the daemon ends', START_MS)
    },
  }
}

function environment(home: string): Record<string, string> {
  const runtime = join(home, 'run')
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, XDG_RUNTIME_DIR: runtime }
}

async function socketOf(child: ChildProcess, file: string): Promise<string> {
  const until = performance.now() + START_MS
  while (performance.now() < until && child.exitCode === null) {
    if (existsSync(file)) {
      const { pid, socket } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
      if (pid === child.pid && typeof socket === 'string') return socket
    }
    await delay(2)
  }
  throw new Error('the daemon did not start')
}

function ask(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(JSON.parse(text)))
    })
    asked.once('error', reject).end()
  })
}
