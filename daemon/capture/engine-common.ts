/** What both engines that look from time to time have in common. */
import { McpWatchError } from '../../shared/errors.ts'
import type {
  DegradedReason,
  EngineDescription,
  EngineName,
  Snapshot,
  SocketRow,
} from '../../shared/model/observation.ts'
import type { Clock } from '../ports.ts'
import { degradedList } from './degraded.ts'
import type { NamespaceRows } from './other-namespaces.ts'
import type { RunTool, ToolResult } from './run-tool.ts'
import type { Sampler, Wait } from './sampler.ts'

export interface EngineDeps {
  /** Absolute path of the tool. */
  readonly tool: string
  readonly runTool: RunTool
  readonly clock: Clock
  /** Default is each engine's own: 1000 for ss, 2000 for lsof. */
  readonly intervalMs?: number
  /** Default `/proc`. */
  readonly procRoot?: string
  /** Effective user; default is this process'. */
  readonly uid?: number
  readonly wait?: Wait
}

/** A tool that hangs is killed well before anybody wonders where the samples are. */
export const TOOL_TIMEOUT_MS = 5_000

/** Nothing can be made of what the tool did: it was killed, or it failed and said nothing. */
export function toolError(name: EngineName, result: ToolResult): McpWatchError {
  if (result.timedOut) {
    return new McpWatchError('TOOL_TIMEOUT', `${name} did not answer in ${TOOL_TIMEOUT_MS} ms`)
  }
  const how = result.signal === null ? `exit code ${result.code}` : `signal ${result.signal}`
  return new McpWatchError('TOOL_FAILED', `${name} gave nothing that can be used (${how})`, {
    hint: `Try the other engine with --engine, or run ${name} by hand to see what is wrong.`,
  })
}

/** Cut short: what is missing from its output may still exist. */
export function wasCut(result: ToolResult): boolean {
  return (
    result.timedOut ||
    result.truncated ||
    result.signal !== null ||
    // Said by ss when the kernel's table changed under its hands (NLM_F_DUMP_INTR).
    /dump was interrupted/i.test(result.stderr)
  )
}

/** Foreign namespaces as snapshots; their rows are all sockets of the namespace. */
export function namespaceSnapshots(
  namespaces: readonly NamespaceRows[],
  at: number,
): readonly Snapshot[] {
  return namespaces.map((namespace) => ({ kind: 'snapshot', hostWide: true, at, ...namespace }))
}

/** Splits rows that were handed over together back into their parts. */
export function splitLike<T>(
  all: readonly T[],
  parts: readonly (readonly T[])[],
): (readonly T[])[] {
  if (parts.length === 1) return [all]
  let from = 0
  return parts.map((part) => {
    const slice = all.slice(from, from + part.length)
    from += part.length
    return slice
  })
}

export interface DescribeInput {
  readonly name: EngineName
  readonly sampler: Sampler
  readonly reasons: readonly DegradedReason[]
  readonly uid: number
}

/** Recall by looking every I ms is min(1, lifetime / I); it is told for connections held one second. */
export function describeEngine({ name, sampler, reasons, uid }: DescribeInput): EngineDescription {
  const intervalMs = sampler.intervalMs()
  const general: DegradedReason[] = [
    name === 'ss' ? 'sampling' : 'lsof-sampling',
    'unconnected-udp',
    ...(uid === 0 ? [] : (['other-users-not-readable'] as const)),
    ...(sampler.failed() ? (['tool-failed'] as const) : []),
    ...(sampler.slow() ? (['tool-slow'] as const) : []),
  ]
  return {
    name,
    intervalMs,
    expectedRecall: Math.min(1, 1_000 / intervalMs),
    degraded: degradedList([...general, ...reasons]),
  }
}

/** All rows of all snapshots in one list, so that owners are looked up once. */
export function allRows(snapshots: readonly Snapshot[]): readonly SocketRow[] {
  const [only, ...others] = snapshots
  if (only !== undefined && others.length === 0) return only.rows
  return snapshots.flatMap((snapshot) => snapshot.rows)
}
