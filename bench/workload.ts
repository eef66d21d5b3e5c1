/** Starts the processes that are watched (workload.c), and the plain tools that the daemon is compared with. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { waitUntil } from './wait.ts'

export const SERVERS = 20
const DESCRIPTORS = 30
const SOCKETS = 5
const CROWD = { processes: 480, descriptors: 20, rows: 5_000 } as const
/** Of each server at the start: 2,000 destinations altogether. */
const TOUR = 100
const FIRST_PORT = 7_000
const PORTS = 8
const ADDRESS = '203.0.113.10'
const SETTLE_MS = 60_000

export interface Workload {
  /** Twenty servers of one client, as its configuration declares them. */
  startServers(load: { readonly churnMs: number; readonly tour: boolean }): Promise<Running>
  /** The other programs of a busy machine: each connection is two of the rows. */
  startCrowd(): Promise<Running>
  stop(): Promise<void>
}

export interface Running {
  stop(): Promise<void>
}

/** `source` is the folder of workload.c; `home` gets the program, the client's configuration and a policy. */
export async function createWorkload(source: string, home: string): Promise<Workload> {
  const program = join(home, 'bin/workload')
  mkdirSync(dirname(program), { recursive: true })
  const compiled = spawnSync('cc', ['-O2', '-o', program, join(source, 'workload.c')])
  if (compiled.status !== 0) throw new Error('needs cc to compile its workload')
  const client = join(home, 'opt/cursor/cursor')
  mkdirSync(dirname(client), { recursive: true })
  copyFileSync(program, client)
  const sink = await begin(program, ['sink', '0.0.0.0', String(FIRST_PORT), String(PORTS)])
  return {
    startServers: async ({ churnMs, tour }) => {
      const rest = [DESCRIPTORS, SOCKETS, ADDRESS, FIRST_PORT, tour ? TOUR : 0].map(String)
      configure(home, program, rest, churnMs)
      return await begin(client, ['client', String(SERVERS), program, ...rest, String(churnMs)])
    },
    startCrowd: async () => {
      const { processes, descriptors, rows } = CROWD
      const numbers = [processes, descriptors, rows / 2].map(String)
      return await begin(program, ['crowd', ...numbers, ADDRESS, String(FIRST_PORT)])
    },
    stop: () => sink.stop(),
  }
}

/** Five of the servers should stay local, so that there are findings too. */
function configure(home: string, program: string, rest: readonly string[], churnMs: number): void {
  const names = Array.from({ length: SERVERS }, (_, i) => `s${String(i).padStart(2, '0')}`)
  const mcpServers = Object.fromEntries(
    names.map((name, i) => {
      const churn = String(i === 0 ? churnMs : 0)
      return [name, { command: program, args: ['server', name, ...rest, churn] }]
    }),
  )
  write(join(home, '.cursor/mcp.json'), { mcpServers })
  const servers = names.slice(0, 5).map((name) => ({ match: { name }, expect: 'local-only' }))
  const policy = { version: 1, names: { resolve: false }, servers }
  write(join(home, '.config/mcp-watch/policy.jsonc'), policy)
}

function write(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(value))
}

async function begin(program: string, args: readonly string[]): Promise<Running> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const what = `${args[0]} is ready`
  await waitUntil(() => said.includes('ready') || child.exitCode !== null, what, SETTLE_MS)
  if (child.exitCode !== null) throw new Error(`the workload's ${args[0]} ended`)
  return { stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  await waitUntil(() => child.exitCode !== null || child.signalCode !== null, 'it ends', SETTLE_MS)
}
