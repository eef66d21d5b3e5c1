/** Servers that carry out plans, and what they say they made. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startClient } from './client.ts'
import type { Made, ServerPlan } from './model.ts'
import { planMs, planText } from './plan.ts'

const NODE_SERVER = fileURLToPath(new URL('./node-server.js', import.meta.url))

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
  const servers = new Map(plans.map((plan) => [plan.name, serverCommand(home, program, plan)]))
  const client = await startClient({ home, program, servers })
  return {
    go: async () => {
      const longest = Math.max(...plans.map(({ attempts }) => planMs(attempts)))
      const wallOfZero = await client.go(longest * 1.5)
      const failed = client.lines().filter((line) => line.startsWith('failed '))
      if (failed.length > 0) throw new Error(`${failed.length} connections could not be made`)
      return client.lines().flatMap((line) => parseMade(line, wallOfZero))
    },
    stop: async () => await client.stop(),
  }
}

/** The words that start it; `home` gets its plan. */
export function serverCommand(home: string, program: string, plan: ServerPlan): readonly string[] {
  const file = join(home, 'plans', plan.name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, planText(plan.attempts))
  const rest = [plan.name, file, plan.busy ? 'busy' : 'idle']
  if (plan.program === 'c') return [program, 'serve', ...rest]
  return [process.execPath, NODE_SERVER, ...rest]
}

/** Nothing of a line that tells of something else. `wallOfZero`: wall clock in ms of zero of the monotonic one. */
export function parseMade(line: string, wallOfZero: number): readonly Made[] {
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
