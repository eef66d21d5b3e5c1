/** Runs the engine `sock-diag` in this process on workers that connect as they are told. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import koffi from 'koffi'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { type Machine, thisMachine } from '../../daemon/compose.ts'
import { composeEngines } from '../../daemon/compose-engines.ts'
import { silentLog } from '../../daemon/host/log.ts'
import { type Loaded, loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import type { CaptureEngine } from '../../daemon/ports.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import { waitFor } from '../helpers/wait-for.ts'

export const WORKER = fileURLToPath(new URL('./sock-diag-engine-worker.mjs', import.meta.url))
export const loaded = await loadNative()
export const isRoot = process.geteuid?.() === 0
export const NOBODY = 65_534
const CLONE_NEWNET = 0x4000_0000
const NETLINK_CONNECTOR = 11

/**
 * Moves this thread, and so all that it starts, into a network of its own: what others do on this machine is not to be
 * counted. False where that is not allowed. The way back is the descriptor of the first network.
 */
const firstNetwork = isRoot ? openSync('/proc/thread-self/ns/net', 'r') : -1
export const isPrivate = isRoot && loaded.ok && leaveNetwork()

function leaveNetwork(): boolean {
  const unshare = koffi.load(null).func('int unshare(int)') as (flags: number) => number
  if (unshare(CLONE_NEWNET) !== 0) return false
  return spawnSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'ignore' }).status === 0
}

/** The process connector has an end in the first network alone; a socket opened there goes on working. */
function withFirstNetwork(native: Native): Native {
  if (!isPrivate) return native
  return {
    ...native,
    netlink: (protocol, options) =>
      protocol === NETLINK_CONNECTOR && process.geteuid?.() === 0
        ? native.inNetns(`/proc/self/fd/${firstNetwork}`, () => native.netlink(protocol, options))
        : native.netlink(protocol, options),
  }
}

export interface Made {
  readonly localPort: number
  readonly openedAt: number
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

/** All that was told of one socket with a cookie. */
export interface Story {
  readonly rows: readonly SocketRow[]
  readonly last: SocketRow
  /** How often its end was told. */
  readonly ends: number
}

export interface Watching {
  readonly engine: CaptureEngine
  readonly batches: readonly Batch[]
  readonly faults: readonly unknown[]
  /** Of sockets that a watched process held. */
  stories(fits: (row: SocketRow) => boolean): readonly Story[]
  counts(): { readonly foreign: number; readonly unknown: number }
  /** Until one more batch has come that began after this call. */
  nextBatch(): Promise<Batch>
  /** Until a socket that fits is told to have ended, with all that is told of it. */
  ended(fits: (row: SocketRow) => boolean): Promise<Story>
  held(fits: (row: SocketRow) => boolean): Promise<Story>
  stop(): Promise<void>
}

export interface WatchOptions {
  readonly native?: (native: Native) => Native
  readonly loaded?: Loaded
  /** As this user, who must be nobody special. */
  readonly uid?: number | undefined
}

const running: Watching[] = []

/** Watches these processes and all below them, as the pipeline would. */
export async function watchOver(
  roots: readonly number[],
  options: WatchOptions = {},
): Promise<Watching> {
  if (options.uid !== undefined) become(options.uid)
  const machine: Machine = { ...thisMachine(), uid: process.geteuid?.() ?? 0 }
  const { clock } = machine
  const processes = createProcSource({
    clock,
    packages: createPackages(clock),
    ownUid: machine.uid,
  })
  const wishes = { engine: null, intervalMs: null }
  const changed = options.loaded ?? changedNative(options.native)
  const parts = { machine, wishes, loaded: changed, processes, log: silentLog }
  const { engine } = composeEngines(parts)
  const batches: Batch[] = []
  const faults: unknown[] = []
  const known = new Set<ProcessKey>()
  let interest: ReadonlySet<number> = new Set(roots)
  engine.start({
    async prepare() {
      const table = await processes.sample(interest)
      const members = membersOf(table, roots, known)
      interest = new Set(members.map(({ pid }) => pid))
      engine.watch(
        members.map(({ key, pid, netns }) => ({ key, pid, netns, kind: 'member' as const })),
        new Set([process.pid]),
      )
    },
    accept: (batch) => batches.push(batch),
    fail: (error) => faults.push(error),
  })
  const watching = readerOf(engine, batches, faults)
  running.push(watching)
  await watching.nextBatch()
  return watching
}

function changedNative(change: WatchOptions['native']): Loaded {
  if (!loaded.ok) return loaded
  const native = withFirstNetwork(loaded.native)
  return { ok: true, native: change === undefined ? native : change(native) }
}

function membersOf(table: ProcessTable, roots: readonly number[], known: Set<ProcessKey>) {
  const all = [...table.processes.values()]
  const isMember = (pid: number, depth = 0): boolean => {
    if (roots.includes(pid)) return true
    const each = table.processes.get(pid)
    if (each === undefined || depth > 50) return false
    return known.has(each.key) || isMember(each.ppid, depth + 1)
  }
  const members = all.filter(({ pid }) => isMember(pid))
  for (const { key } of members) known.add(key)
  return members
}

function readerOf(engine: CaptureEngine, batches: Batch[], faults: unknown[]): Watching {
  const stories: Watching['stories'] = (fits) => {
    const byCookie = new Map<string, SocketRow[]>()
    for (const row of batches.flatMap(({ snapshots }) => snapshots.flatMap(({ rows }) => rows))) {
      if (row.holders.length === 0 || !fits(row)) continue
      const { address = '', port = 0 } = row.remote ?? {}
      const name = `${row.cookie ?? row.inode} ${address} ${port}`
      byCookie.set(name, [...(byCookie.get(name) ?? []), row])
    }
    return [...byCookie.values()].map((rows) => ({
      rows,
      last: rows.at(-1) as SocketRow,
      ends: rows.filter(({ endedAt }) => endedAt !== undefined).length,
    }))
  }
  const find = async (what: string, fits: (row: SocketRow) => boolean, ends: number) =>
    await waitFor(() => stories(fits).find((story) => story.ends >= ends), {
      what: () => `${what}; told: ${JSON.stringify(stories(() => true).map(({ last }) => last))}`,
      deadlineMs: 6_000,
    })
  const watching: Watching = {
    engine,
    batches,
    faults,
    stories,
    counts: () =>
      batches.reduce(
        (sum, { others }) => ({
          foreign: sum.foreign + (others?.foreign ?? 0),
          unknown: sum.unknown + (others?.unknown ?? 0),
        }),
        { foreign: 0, unknown: 0 },
      ),
    async nextBatch() {
      // The one under way may have looked before this call.
      const wanted = batches.length + 2
      const what = (): string => `a batch; faults: ${String(faults.at(-1))}`
      await waitFor(() => batches.length >= wanted, { what, deadlineMs: 6_000 })
      return batches.at(-1) as Batch
    },
    ended: async (fits) => await find('an end', fits, 1),
    held: async (fits) => await find('a socket', fits, 0),
    async stop() {
      running.splice(running.indexOf(watching), 1)
      await engine.stop()
      if (isRoot) become(0)
    },
  }
  return watching
}

/** What may be looked into is decided by the effective user and group. */
function become(uid: number): void {
  if (!isRoot) return
  process.seteuid?.(0)
  process.setegid?.(uid)
  process.seteuid?.(uid)
}

export async function stopWatching(): Promise<void> {
  for (const watching of running.slice()) await watching.stop()
}

/** As whom the engine is tried, and its workers run. */
export const USERS: readonly { readonly name: string; readonly uid: number | undefined }[] = isRoot
  ? [
      { name: 'root', uid: undefined },
      { name: 'a plain user', uid: NOBODY },
    ]
  : [{ name: 'a plain user', uid: undefined }]

export const hasTools = findTool('ip') !== null
export const ownNetns = (): string => readlinkSync('/proc/thread-self/ns/net')
