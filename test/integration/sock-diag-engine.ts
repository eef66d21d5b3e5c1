/** Runs the engine `sock-diag` in this process as the pipeline would, and gathers what it tells. */
import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import koffi from 'koffi'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { thisMachine } from '../../daemon/compose.ts'
import { composeEngines } from '../../daemon/compose-engines.ts'
import type { ExactSources } from '../../daemon/compose-exact.ts'
import { silentLog } from '../../daemon/host/log.ts'
import type { Machine } from '../../daemon/machine.ts'
import { type Loaded, loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import type { CaptureEngine } from '../../daemon/ports.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import { waitFor } from '../helpers/wait-for.ts'

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

/** The ladder begins with sock-diag, also as root. */
const NO_EXACT: ExactSources = {
  open() {
    throw new McpWatchError('NO_ENGINE', 'not in this test')
  },
  signature: () => '',
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
  const wishes = { engine: null, intervalMs: 1_000 }
  const changed = options.loaded ?? changedNative(options.native)
  const parts = { machine, wishes, loaded: changed, processes, log: silentLog, exact: NO_EXACT }
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
      deadlineMs: 20_000,
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
      const isThere = (): boolean => {
        engine.hurry()
        return batches.length >= wanted
      }
      await waitFor(isThere, { what, deadlineMs: 20_000 })
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
