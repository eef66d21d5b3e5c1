import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createLsofEngine } from '../../daemon/capture/lsof/engine.ts'
import { findTool, runTool } from '../../daemon/capture/run-tool.ts'
import { createSsEngine } from '../../daemon/capture/ss/engine.ts'
import type { Clock } from '../../daemon/ports.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Batch, SocketRow, WatchedProcess } from '../../shared/model/observation.ts'

export const CHILD = fileURLToPath(new URL('./capture-child.mjs', import.meta.url))

export const realClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

/** What the child says of itself. */
export interface ChildReport {
  readonly address: string
  readonly v4: number
  readonly v6: number
  readonly dual: number
  readonly clients: readonly [v4: number, v6: number, mapped: number]
  readonly udp: {
    readonly connected: number
    readonly unconnected: number
    readonly connected6: number
  }
  readonly child: number | null
}

export interface SocketChild {
  readonly pid: number
  readonly report: ChildReport
  end(): Promise<void>
}

/** Starts the child with all its sockets, behind other commands where given; it ends when its input does. */
export async function startChild(
  args: readonly string[] = [],
  command: readonly [string, ...string[]] = [process.execPath, CHILD],
): Promise<SocketChild> {
  const [file, ...before] = command
  const child: ChildProcess = spawn(file, [...before, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  if (child.stdout === null || child.pid === undefined) throw new Error('the child did not start')
  const lines = createInterface({ input: child.stdout })
  const [line] = (await Promise.race([once(lines, 'line'), exited.then(() => [''])])) as [string]
  if (line === '') throw new Error('the child ended early')
  return {
    pid: child.pid,
    report: JSON.parse(line) as ChildReport,
    end: async () => {
      child.stdin?.end()
      await exited
    },
  }
}

export function watch(pid: number): WatchedProcess {
  const netns = readlinkSync(`/proc/${pid}/ns/net`)
  return { key: `test:${pid}:0:0` as ProcessKey, pid, netns, kind: 'member' }
}

/** Runs a real engine until a batch fits. */
export async function sampleUntil(
  name: 'ss' | 'lsof',
  processes: readonly WatchedProcess[],
  fits: (batch: Batch) => boolean,
): Promise<Batch> {
  const tool = findTool(name)
  if (tool === null) throw new Error(`${name} is not installed`)
  const deps = { tool, runTool, clock: realClock, intervalMs: 100 }
  const engine = name === 'ss' ? createSsEngine(deps) : createLsofEngine(deps)
  engine.watch(processes)
  const deadline = performance.now() + 20_000
  let last: unknown = 'no sample'
  try {
    return await new Promise<Batch>((resolve, reject) => {
      const giveUp = (): void => {
        if (performance.now() > deadline) reject(new Error('no batch fits', { cause: last }))
      }
      engine.start({
        prepare: async () => {
          await Promise.resolve()
        },
        accept: (batch) => {
          last = batch
          if (fits(batch)) resolve(batch)
          else giveUp()
        },
        fail: (error) => {
          last = error
          giveUp()
        },
      })
    })
  } finally {
    await engine.stop()
  }
}

/** Rows of one process, each as text that both engines must write alike. */
export function rowsOf(batch: Batch, pid: number): string[] {
  return batch.snapshots
    .flatMap(({ netns, rows }) => rows.map((row) => ({ netns, row })))
    .filter(({ row }) => row.holders.some((holder) => holder.pid === pid))
    .map(({ netns, row }) => `${netns} ${row.inode} ${textOf(row)}`)
    .toSorted()
}

export function textOf({ protocol, state, local, remote }: SocketRow): string {
  const peer = remote === null ? '' : ` ${remote.address} ${remote.port}`
  return `${protocol} ${state} ${local.address} ${local.port}${peer}`
}

/** What must be listed of a child, without the far ends of its own connections. */
export function expectedOf({ address, v4, v6, dual, clients, udp }: ChildReport): string[] {
  return [
    `tcp listen ${address} ${v4}`,
    `tcp listen ::1 ${v6}`,
    `tcp listen :: ${dual}`,
    `tcp established ${address} ${clients[0]} ${address} ${v4}`,
    `tcp established ::1 ${clients[1]} ::1 ${v6}`,
    `tcp established ${address} ${clients[2]} ${address} ${dual}`,
    `tcp established ${address} ${dual} ${address} ${clients[2]}`,
    `udp connected ${address} ${udp.connected} ${address} 9`,
    `udp unconnected ${address} ${udp.unconnected}`,
    `udp connected ::1 ${udp.connected6} ::1 9`,
  ]
}

/** How to start something in a network of its own, or null where this user may not. */
export function privateNetwork(): readonly [string, ...string[]] | null {
  const unshare = findTool('unshare')
  if (unshare === null || findTool('ip') === null) return null
  const flags = process.geteuid?.() === 0 ? '-n' : '-rn'
  try {
    execFileSync(unshare, [flags, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
  } catch {
    return null
  }
  const inside = 'ip link set lo up && ip addr add 203.0.113.10/32 dev lo && exec "$0" "$@"'
  return [unshare, flags, 'sh', '-c', inside, process.execPath, CHILD]
}
