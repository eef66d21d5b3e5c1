/** The engine `ss`: every socket of the namespace in one go, owners from the descriptors of watched processes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  Batch,
  DegradedReason,
  Snapshot,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { CaptureEngine } from '../../ports.ts'
import { createBystanders } from '../bystanders.ts'
import { createBreathe } from '../descriptors.ts'
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
import { createOtherNamespaces, type OtherNamespacesReader, ownNetns } from '../other-namespaces.ts'
import { createOwners, type Owners } from '../owners.ts'
import type { ToolResult } from '../run-tool.ts'
import { createSampler, type Sampler, waitForTimer } from '../sampler.ts'
import { createSsParser } from './parse.ts'

const INTERVAL_MS = 1_000
/**
 * Never `-p`: it reads every descriptor of the machine and prints names that programs choose. Never `-i`: the
 * statistics make it twice as dear. `-n`: names would be asked of the network.
 */
const ARGS = ['-t', '-u', '-n', '-a', '-e', '-H'] as const

/** `-O` keeps a socket on one line; iproute2 before 5.2 refuses it. */
interface State {
  watched: readonly WatchedProcess[]
  oneLine: boolean
  namespaceUnreadable: boolean
}

export function createSsEngine(deps: EngineDeps): CaptureEngine {
  const procRoot = deps.procRoot ?? '/proc'
  const monotonicMs = (): number => deps.clock.monotonicMs()
  const breathe = createBreathe(monotonicMs)
  const bystanders = createBystanders({ procRoot, breathe, monotonicMs })
  const owners = createOwners({ procRoot, breathe, bystanders })
  const others = createOtherNamespaces(procRoot)
  const state: State = { watched: [], oneLine: true, namespaceUnreadable: false }
  const cgroup2 = seesCgroup2(procRoot)
  const parse = createSsParser()
  const sampler: Sampler = createSampler({
    intervalMs: deps.intervalMs ?? INTERVAL_MS,
    clock: deps.clock,
    wait: deps.wait ?? waitForTimer,
    sample: async (signal) =>
      await takeSample({ deps, procRoot, owners, others, state, parse, signal }),
  })
  return {
    describe: () =>
      describeEngine({
        name: 'ss',
        sampler,
        uid: deps.uid ?? process.geteuid?.() ?? 0,
        reasons: reasonsOf(cgroup2, owners, state),
      }),
    start: (sink) => sampler.start(sink),
    watch: (processes) => {
      state.watched = processes
      owners.watch(processes)
    },
    hurry: () => sampler.hurry(),
    stop: async () => await sampler.stop(),
  }
}

interface Sampling {
  readonly deps: EngineDeps
  readonly procRoot: string
  readonly owners: Owners
  readonly others: OtherNamespacesReader
  readonly state: State
  readonly parse: ReturnType<typeof createSsParser>
  readonly signal: AbortSignal
}

/** Sockets first, owners after: an owner that is found then really held the socket that was listed. */
async function takeSample(sampling: Sampling): Promise<Batch> {
  const { deps, procRoot, owners, state } = sampling
  const result = await runSs(sampling)
  const parsed = sampling.parse(result.stdout)
  const complained = result.code !== 0 || result.stderr !== '' || wasCut(result)
  const useless = parsed.rows.length === 0 && complained
  if (useless || parsed.skipped > parsed.rows.length) throw toolError('ss', result)
  const at = deps.clock.wallMs()
  const own = ownNetns(procRoot)
  const foreign = await sampling.others.read(own, state.watched)
  state.namespaceUnreadable = foreign.unreadable
  const ours: Snapshot = {
    kind: 'snapshot',
    netns: own ?? 'host',
    at,
    complete: result.code === 0 && !wasCut(result),
    hostWide: true,
    rows: parsed.rows,
  }
  const snapshots = [ours, ...namespaceSnapshots(foreign.namespaces, at)]
  const complete = snapshots.every((snapshot) => snapshot.complete)
  const filled = await owners.fill(allRows(snapshots), complete)
  const parts = splitLike(
    filled,
    snapshots.map((snapshot) => snapshot.rows),
  )
  return {
    at,
    snapshots: snapshots.map((snapshot, i) => ({ ...snapshot, rows: parts[i] ?? [] })),
    unreadable: owners.unreadable(),
  }
}

async function runSs({ deps, state, signal }: Sampling): Promise<ToolResult> {
  const options = { timeoutMs: TOOL_TIMEOUT_MS, abort: signal }
  if (!state.oneLine) return await deps.runTool(deps.tool, ARGS, options)
  const result = await deps.runTool(deps.tool, [...ARGS, '-O'], options)
  const refused =
    result.code !== 0 && result.signal === null && /invalid option/.test(result.stderr)
  if (!refused) return result
  state.oneLine = false
  return await deps.runTool(deps.tool, ARGS, options)
}

function reasonsOf(cgroup2: boolean, owners: Owners, state: State): DegradedReason[] {
  const reasons: DegradedReason[] = []
  if (!cgroup2) reasons.push('cgroup2-not-visible')
  if (owners.unreadable().length > 0) reasons.push('process-unreadable')
  if (state.namespaceUnreadable) reasons.push('other-namespace-unreadable')
  return reasons
}

/** Where no cgroup2 mount is visible, `ss -e` reads the list of mounts anew for every row. */
function seesCgroup2(procRoot: string): boolean {
  try {
    return / - cgroup2 /.test(readFileSync(join(procRoot, 'self', 'mountinfo'), 'utf8'))
  } catch {
    return false
  }
}
