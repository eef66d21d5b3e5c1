/** Counts every connection once over its life: whose it was, or that nobody can tell. */
import type { Batch } from '../../shared/model/observation.ts'
import type { ConnectionCounts } from '../../shared/model/tick.ts'
import type { Flow } from './flows.ts'

/** `settled` once counted (or known not to count); until then the complete samples that saw nobody hold it. */
export interface Tally {
  readonly netns: string
  readonly settled: boolean
  readonly unheld: number
}

export type Tallies = ReadonlyMap<string, Tally>

export interface CountContext {
  readonly batch: Batch
  /** Rows that were there when watching began and had ended already are not ours to count. */
  readonly begun: boolean
  readonly isOwned: (flow: Flow) => boolean
  /** Was counted by an earlier run of the daemon. */
  readonly isKnown: (flow: Flow) => boolean
  /** Nobody readable holds it, and an unreadable member may. */
  readonly isCandidate: (flow: Flow) => boolean
}

type Verdict = 'owned' | 'foreign' | 'unknown' | 'skip' | 'wait'

/**
 * Tallies live as long as the rows do, so memory is bounded by one sample. Only samples of all sockets (`hostWide`)
 * tell of connections that no watched process holds.
 */
export function countConnections(
  known: Tallies,
  flows: readonly Flow[],
  context: CountContext,
): { tallies: Tallies; counts: ConnectionCounts } {
  const counts = { owned: 0, foreign: 0, unknown: 0 }
  const tallies = new Map<string, Tally>()
  for (const [pair, rows] of groupByPair(flows)) {
    const earlier = known.get(pair)
    if (earlier?.settled === true) {
      tallies.set(pair, earlier)
      continue
    }
    const verdict = weigh(rows, earlier?.unheld ?? 0, context)
    if (verdict !== 'skip' && verdict !== 'wait') counts[verdict] += 1
    tallies.set(pair, {
      netns: rows[0].snapshot.netns,
      settled: verdict !== 'wait',
      unheld: (earlier?.unheld ?? 0) + (rows.some(isUnheldSocket) ? 1 : 0),
    })
  }
  counts.unknown += carryOver(known, tallies, context.batch)
  return { tallies, counts }
}

function weigh(rows: readonly Flow[], unheld: number, context: CountContext): Verdict {
  if (rows.some(context.isKnown)) return 'skip'
  if (rows.some(context.isOwned)) return 'owned'
  if (!rows.some((flow) => flow.snapshot.hostWide)) return 'wait'
  if (rows.some((flow) => flow.row.holders.length > 0)) return 'foreign'
  if (rows.every((flow) => flow.ended)) {
    if (unheld > 0) return 'foreign'
    return context.begun ? 'unknown' : 'skip'
  }
  if (!rows.some(isUnheldSocket) || unheld === 0) return 'wait'
  return rows.some(context.isCandidate) ? 'unknown' : 'foreign'
}

/** A complete sample saw the socket and no watched process with it. */
function isUnheldSocket(flow: Flow): boolean {
  const { row, snapshot } = flow
  return snapshot.complete && !flow.ended && row.inode !== null && row.holders.length === 0
}

/** Keeps the tallies of namespaces that were cut short; the unsettled of all others are gone for good: unknown. */
function carryOver(known: Tallies, tallies: Map<string, Tally>, batch: Batch): number {
  const snapshots = new Map(batch.snapshots.map((snapshot) => [snapshot.netns, snapshot]))
  let unknown = 0
  for (const [pair, tally] of known) {
    if (tallies.has(pair)) continue
    const snapshot = snapshots.get(tally.netns)
    if (snapshot?.complete === false) tallies.set(pair, tally)
    else if (!tally.settled && snapshot?.hostWide !== false) unknown += 1
  }
  return unknown
}

function groupByPair(flows: readonly Flow[]): ReadonlyMap<string, [Flow, ...Flow[]]> {
  const groups = new Map<string, [Flow, ...Flow[]]>()
  for (const flow of flows) {
    const group = groups.get(flow.pair)
    if (group === undefined) groups.set(flow.pair, [flow])
    else group.push(flow)
  }
  return groups
}
