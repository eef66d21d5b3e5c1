/** The servers of a scene: declared in a client's configuration, started by the client, let go all at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '../wait.ts'
import type { Made, ServerPlan } from './model.ts'
import { planMs, planText } from './plan.ts'

const NODE_SERVER = fileURLToPath(new URL('./node-server.js', import.meta.url))
const SETTLE_MS = 20_000
/** From the word to go until the first connection could be made. */
const LEAD_MS = 1_500

export interface Servers {
  /** Resolves when all plans were carried out; throws when a connection could not be made. */
  go(): Promise<readonly Made[]>
  stop(): Promise<void>
}

/** `program` is the compiled workload; `home` gets the client, its configuration, the plans and a policy. */
export async function startServers(
  home: string,
  program: string,
  plans: readonly ServerPlan[],
): Promise<Servers> {
  const client = join(home, 'opt/cursor/cursor')
  mkdirSync(dirname(client), { recursive: true })
  copyFileSync(program, client)
  const commands = plans.map((plan) => commandOf(home, program, plan))
  const mcpServers = Object.fromEntries(
    plans.map(({ name }, i) => [name, { command: commands[i]?.[0], args: commands[i]?.slice(1) }]),
  )
  write(join(home, '.cursor/mcp.json'), JSON.stringify({ mcpServers }))
  const policy = JSON.stringify({ version: 1, names: { resolve: false } })
  write(join(home, '.config/mcp-watch/policy.jsonc'), policy)
  const list = join(home, 'servers')
  write(list, commands.map((words) => `${words.join('\t')}\n`).join(''))
  const child = spawn(client, ['client', list], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said = collect(child)
  await waitUntil(() => said.lines().includes('ready'), 'the client is ready', SETTLE_MS)
  return { go: async () => await go(child, said, plans), stop: async () => await stop(child) }
}

function commandOf(home: string, program: string, plan: ServerPlan): readonly string[] {
  const file = join(home, 'plans', plan.name)
  write(file, planText(plan.attempts))
  const rest = [plan.name, file, plan.busy ? 'busy' : 'idle']
  if (plan.program === 'c') return [program, 'serve', ...rest]
  return [process.execPath, NODE_SERVER, ...rest]
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

interface Said {
  lines(): readonly string[]
}

function collect(child: ChildProcess): Said {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  return { lines: () => text.split('\n') }
}

async function go(
  child: ChildProcess,
  said: Said,
  plans: readonly ServerPlan[],
): Promise<readonly Made[]> {
  const from = process.hrtime.bigint() + BigInt(LEAD_MS) * 1_000_000n
  const wallOfZero = Date.now() - Number(process.hrtime.bigint()) / 1e6
  child.stdin?.write(`go ${from}\n`)
  const longest = Math.max(...plans.map(({ attempts }) => planMs(attempts)))
  const isDone = (): boolean => {
    const lines = said.lines()
    return child.exitCode !== null || plans.every(({ name }) => lines.includes(`done ${name}`))
  }
  await waitUntil(isDone, 'the plans are carried out', longest * 1.5 + SETTLE_MS)
  const failed = said.lines().filter((line) => line.startsWith('failed '))
  if (failed.length > 0) throw new Error(`${failed.length} connections could not be made`)
  return said.lines().flatMap((line) => parseMade(line, wallOfZero))
}

function parseMade(line: string, wallOfZero: number): readonly Made[] {
  const [made, server = '', kind, close, late, local, address = '', ...rest] = line.split(' ')
  if (made !== 'made') return []
  const [port, lifetimeUs, from, to, sends, wants] = rest.map(Number)
  const known = { server, kind: kind as Made['kind'], close: close as Made['close'], address }
  return [
    {
      ...known,
      lateMs: Number(late) / 1_000,
      localPort: Number(local),
      port: port ?? 0,
      lifetimeMs: (lifetimeUs ?? 0) / 1_000,
      from: wallOfZero + (from ?? 0) / 1e6,
      to: wallOfZero + (to ?? 0) / 1e6,
      sends: sends ?? 0,
      wants: wants ?? 0,
    },
  ]
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  await waitUntil(() => child.exitCode !== null || child.signalCode !== null, 'it ends', SETTLE_MS)
}
