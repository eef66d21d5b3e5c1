/** A client with servers: declared in its configuration, started by it, let go all at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { waitUntil } from '../wait.ts'

const SETTLE_MS = 20_000
/** From the word to go until the first connection could be made. */
const LEAD_MS = 1_500

export interface Client {
  readonly pid: number
  /** What the servers said. */
  lines(): readonly string[]
  /** Lets them go; resolves when each has said that it is done. The answer: wall clock of monotonic zero, in ms. */
  go(limitMs: number): Promise<number>
  stop(): Promise<void>
}

export interface ClientOptions {
  /** Gets the client, its configuration and a policy. */
  readonly home: string
  /** The compiled workload. */
  readonly program: string
  /** Name → words that start it. */
  readonly servers: ReadonlyMap<string, readonly string[]>
  /** Names of those that should reach nobody. */
  readonly confined?: readonly string[]
  /** Words before the client: a program that starts it in its own place. */
  readonly through?: readonly string[]
}

export async function startClient(options: ClientOptions): Promise<Client> {
  const { home, program, servers, confined = [], through = [] } = options
  const client = join(home, 'opt/cursor/cursor')
  mkdirSync(dirname(client), { recursive: true })
  copyFileSync(program, client)
  const entries = [...servers].map(([name, [command, ...args]]) => [name, { command, args }])
  write(join(home, '.cursor/mcp.json'), { mcpServers: Object.fromEntries(entries) })
  const rules = confined.map((name) => ({ match: { name }, expect: 'none' }))
  const policy = { version: 1, names: { resolve: false }, servers: rules }
  write(join(home, '.config/mcp-watch/policy.jsonc'), policy)
  const list = join(home, 'servers')
  writeFileSync(list, [...servers.values()].map((words) => `${words.join('\t')}\n`).join(''))
  const [first, ...before] = [...through, client]
  const child = spawn(first, [...before, 'client', list], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = collect(child)
  const isReady = (): boolean => lines().includes('ready') || child.exitCode !== null
  await waitUntil(isReady, 'the client is ready', SETTLE_MS)
  return {
    pid: child.pid ?? 0,
    lines,
    go: async (limitMs) => await go(child, lines, [...servers.keys()], limitMs),
    stop: async () => await stop(child),
  }
}

function write(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(value))
}

function collect(child: ChildProcess): () => readonly string[] {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  return () => text.split('\n')
}

async function go(
  child: ChildProcess,
  lines: () => readonly string[],
  names: readonly string[],
  limitMs: number,
): Promise<number> {
  const from = process.hrtime.bigint() + BigInt(LEAD_MS) * 1_000_000n
  const wallOfZero = Date.now() - Number(process.hrtime.bigint()) / 1e6
  child.stdin?.write(`go ${from}\n`)
  const isDone = (): boolean => {
    const said = new Set(lines())
    return child.exitCode !== null || names.every((name) => said.has(`done ${name}`))
  }
  await waitUntil(isDone, 'the servers are done', limitMs + SETTLE_MS)
  return wallOfZero
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  await waitUntil(() => child.exitCode !== null || child.signalCode !== null, 'it ends', SETTLE_MS)
}
