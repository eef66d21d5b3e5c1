/** The engine `lsof`: the sockets of the watched processes only. The one engine for macOS, the second for Linux. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type {
  Batch,
  DegradedReason,
  Holder,
  Snapshot,
  SocketRow,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { CaptureEngine } from '../../ports.ts'
import { createBreathe, isDenied } from '../descriptors.ts'
import {
  allRows,
  describeEngine,
  type EngineDeps,
  namespaceSnapshots,
  splitLike,
  TOOL_TIMEOUT_MS,
  toolError,
  wasCut,
} from '../engine-common.ts'
import { isHiding } from '../held.ts'
import { createOtherNamespaces, type OtherNamespacesReader, ownNetns } from '../other-namespaces.ts'
import { createOwners, type Owners } from '../owners.ts'
import type { ToolResult } from '../run-tool.ts'
import { createSampler, type Sampler, waitForTimer } from '../sampler.ts'
import { type LsofFile, parseLsof } from './parse.ts'

const INTERVAL_MS = 2_000
/** Keeps the argument list short on every system. */
const PIDS_A_CALL = 200
/** Names of sockets come unresolved (-nP), warnings stay away (-w), and the fields are asked for by name. */
const ARGS = ['-w', '-n', '-P', '-l', '-F0pfdtPnT'] as const

export interface LsofEngineDeps extends EngineDeps {
  /** Decides whether /proc is there to be asked; default is this machine's. */
  readonly platform?: NodeJS.Platform
}

interface State {
  watched: readonly WatchedProcess[]
  unreadable: readonly ProcessKey[]
  namespaceUnreadable: boolean
}

interface Sampling {
  readonly deps: LsofEngineDeps
  /** Null where there is no /proc. */
  readonly procRoot: string | null
  readonly owners: Owners
  readonly others: OtherNamespacesReader
  readonly state: State
  readonly signal: AbortSignal
}

export function createLsofEngine(deps: LsofEngineDeps): CaptureEngine {
  const platform = deps.platform ?? process.platform
  const procRoot = platform === 'linux' ? (deps.procRoot ?? '/proc') : null
  const owners = createOwners({
    procRoot: procRoot ?? '/proc',
    breathe: createBreathe(() => deps.clock.monotonicMs()),
  })
  const others = createOtherNamespaces(procRoot ?? '/proc')
  const state: State = { watched: [], unreadable: [], namespaceUnreadable: false }
  const sampler: Sampler = createSampler({
    intervalMs: deps.intervalMs ?? INTERVAL_MS,
    clock: deps.clock,
    wait: deps.wait ?? waitForTimer,
    sample: async (signal) => await takeSample({ deps, procRoot, owners, others, state, signal }),
  })
  return {
    describe: () =>
      describeEngine({
        name: 'lsof',
        sampler,
        uid: deps.uid ?? process.geteuid?.() ?? 0,
        reasons: reasonsOf(state),
      }),
    start: (sink) => sampler.start(sink),
    watch: (processes) => {
      state.watched = processes
    },
    hurry: () => sampler.hurry(),
    stop: async () => await sampler.stop(),
  }
}

function reasonsOf(state: State): DegradedReason[] {
  const reasons: DegradedReason[] = []
  if (state.unreadable.length > 0) reasons.push('process-unreadable')
  if (state.namespaceUnreadable) reasons.push('other-namespace-unreadable')
  return reasons
}

async function takeSample(sampling: Sampling): Promise<Batch> {
  const { deps, procRoot, state } = sampling
  const watched = state.watched
  const own = procRoot === null ? null : ownNetns(procRoot)
  const asked = watched.filter(({ netns }) => netns === null || own === null || netns === own)
  const listed = await listFiles(sampling, asked)
  const at = deps.clock.wallMs()
  const ours: Snapshot = {
    kind: 'snapshot',
    netns: own ?? 'host',
    at,
    complete: listed.complete,
    hostWide: false,
    rows: mergeHolders(listed.files, asked),
  }
  state.unreadable = procRoot === null ? [] : unreadableOf(procRoot, watched)
  const others = await sampleOthers(sampling, own, watched, at)
  return { at, snapshots: [ours, ...others], unreadable: state.unreadable }
}

async function listFiles(
  { deps, signal }: Sampling,
  watched: readonly WatchedProcess[],
): Promise<{ files: readonly LsofFile[]; complete: boolean }> {
  const files: LsofFile[] = []
  let complete = true
  for (let from = 0; from < watched.length; from += PIDS_A_CALL) {
    const pids = watched.slice(from, from + PIDS_A_CALL).map(({ pid }) => pid)
    // Without -a the conditions are ORed, which would list every socket of the machine.
    const args = [...ARGS, '-a', '-p', pids.join(','), '-i']
    const options = { timeoutMs: TOOL_TIMEOUT_MS, abort: signal }
    const result = await deps.runTool(deps.tool, args, options)
    const parsed = parseLsof(result.stdout)
    const failed = wasCut(result) || hasFailed(result)
    const garbage = isGarbage(result.stdout) || parsed.skipped > parsed.files.length
    if (garbage || (failed && parsed.files.length === 0)) throw toolError('lsof', result)
    if (failed) complete = false
    files.push(...parsed.files)
  }
  return { files, complete }
}

/** Exit code 1 is also "one of the processes is gone" and "none has a socket": then nothing is on stderr. */
function hasFailed(result: ToolResult): boolean {
  if (result.code === 0) return false
  return (result.code ?? 0) > 1 || /^lsof: (?!WARNING)/m.test(result.stderr)
}

/** Every output begins with the process field. */
function isGarbage(stdout: string): boolean {
  return stdout !== '' && !/^p\d+\0/.test(stdout)
}

/** One row a socket: what several processes hold comes once from each of them. */
function mergeHolders(
  files: readonly LsofFile[],
  watched: readonly WatchedProcess[],
): readonly SocketRow[] {
  const byPid = new Map(watched.map((process) => [process.pid, process]))
  const rows = new Map<string, { row: SocketRow; holders: Map<ProcessKey, Holder> }>()
  for (const { pid, row } of files) {
    const process = byPid.get(pid)
    if (process === undefined) continue
    const id = JSON.stringify([row.inode, row.cookie, row.protocol, row.local, row.remote])
    const known = rows.get(id) ?? { row, holders: new Map<ProcessKey, Holder>() }
    known.holders.set(process.key, { process: process.key, pid })
    rows.set(id, known)
  }
  return [...rows.values()].map(({ row, holders }) => ({ ...row, holders: [...holders.values()] }))
}

/** lsof is silent about processes it may not look into, so their folders are tried. */
function unreadableOf(procRoot: string, watched: readonly WatchedProcess[]): readonly ProcessKey[] {
  return watched.flatMap((process) => {
    if (!isHiding(process)) return []
    const { key, pid } = process
    try {
      readdirSync(join(procRoot, String(pid), 'fd'))
      return []
    } catch (error) {
      return isDenied(error) ? [key] : []
    }
  })
}

async function sampleOthers(
  { procRoot, owners, others, state }: Sampling,
  own: string | null,
  watched: readonly WatchedProcess[],
  at: number,
): Promise<readonly Snapshot[]> {
  if (procRoot === null) return []
  const foreign = await others.read(own, watched)
  state.namespaceUnreadable = foreign.unreadable
  const snapshots = namespaceSnapshots(foreign.namespaces, at)
  owners.watch(watched.filter(({ netns }) => netns !== null && netns !== own))
  const complete = snapshots.every((snapshot) => snapshot.complete)
  const filled = await owners.fill(allRows(snapshots), complete)
  const parts = splitLike(
    filled,
    snapshots.map((snapshot) => snapshot.rows),
  )
  return snapshots.map((snapshot, i) => ({ ...snapshot, rows: parts[i] ?? [] }))
}
