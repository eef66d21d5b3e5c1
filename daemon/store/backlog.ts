/**
 * Ticks that could not be written yet. Bounded: when there are many, the oldest are folded into one, which keeps every
 * connection, instance and finding as it was last; closed connections beyond a bound are all that is ever lost. Pure.
 */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Gap, TickResult } from '../../shared/model/tick.ts'

export interface Backlog {
  /** In their order. */
  readonly ticks: readonly TickResult[]
  /** What was dropped for want of room, as the time it was of; null while nothing was. */
  readonly lost: { readonly from: EpochMs; readonly to: EpochMs } | null
}

export const NO_BACKLOG: Backlog = { ticks: [], lost: null }

const MAX_TICKS = 600
const MAX_CLOSED = 20_000
/** What was kept waiting for less is no news: a lock is often held for a moment. */
const WORTH_TELLING_MS = 5_000

export function addTick({ ticks, lost }: Backlog, tick: TickResult): Backlog {
  const all = [...ticks, tick]
  if (all.length <= MAX_TICKS) return { ticks: all, lost }
  // Half of them at once, so that it is not done for every tick.
  const folded = foldTicks(all.slice(0, MAX_TICKS / 2))
  return {
    ticks: [folded.tick, ...all.slice(MAX_TICKS / 2)],
    lost: widest(lost, folded.lost),
  }
}

/** What a report should say of the time in which `backlog` waited, when it is written at `at`. */
export function backlogGap({ ticks, lost }: Backlog, at: EpochMs): Gap | null {
  if (lost !== null) return { ...lost, to: Math.max(lost.to, lost.from + 1), reason: 'not-stored' }
  const from = ticks[0]?.at
  if (from === undefined || at - from < WORTH_TELLING_MS) return null
  return { from, to: at, reason: 'stored-late' }
}

/** One tick that leaves the same rows as all of them; `ticks` is not empty. */
function foldTicks(ticks: readonly TickResult[]): {
  readonly tick: TickResult
  readonly lost: Backlog['lost']
} {
  const instances = new Map<string, TickResult['instances'][number]>()
  const ended = new Set<TickResult['ended'][number]>()
  const connections = new Map<string, TickResult['opened'][number]>()
  const findings = new Map<string, TickResult['findings'][number]>()
  const entries = new Map<string, TickResult['drift']['entries'][number]>()
  const learned = new Map<string, TickResult['learned'][number]>()
  const counts = { owned: 0, foreign: 0, unknown: 0 }
  for (const tick of ticks) {
    for (const instance of tick.instances) {
      instances.set(instance.id, instance)
      ended.delete(instance.id)
    }
    for (const id of tick.ended) ended.add(id)
    for (const judged of [...tick.opened, ...tick.updated, ...tick.closed])
      connections.set(judged.connection.id, judged)
    for (const finding of tick.findings) findings.set(finding.id, finding)
    for (const entry of tick.drift.entries) entries.set(entry.serverId, entry)
    for (const known of tick.learned) learned.set(`${known.serverId} ${known.key}`, known)
    counts.owned += tick.coverage.counts.owned
    counts.foreign += tick.coverage.counts.foreign
    counts.unknown += tick.coverage.counts.unknown
  }
  const open = [...connections.values()].filter((it) => it.connection.closedAt === null)
  const closed = [...connections.values()].filter((it) => it.connection.closedAt !== null)
  const dropped = closed.slice(0, Math.max(0, closed.length - MAX_CLOSED))
  const last = ticks.at(-1) as TickResult
  return {
    tick: {
      at: last.at,
      servers: ticks.findLast(({ servers }) => servers !== null)?.servers ?? null,
      diagnostics: ticks.findLast(({ diagnostics }) => diagnostics !== null)?.diagnostics ?? null,
      instances: [...instances.values()],
      ended: [...ended],
      opened: open,
      updated: [],
      closed: closed.slice(dropped.length),
      findings: [...findings.values()],
      learned: [...learned.values()],
      drift: {
        since: ticks.find(({ drift }) => drift.since !== null)?.drift.since ?? null,
        entries: [...entries.values()],
        changes: ticks.flatMap(({ drift }) => drift.changes),
      },
      coverage: { ...last.coverage, counts, gaps: ticks.flatMap(({ coverage }) => coverage.gaps) },
    },
    lost: dropped.reduce<Backlog['lost']>(
      (span, { connection }) =>
        widest(span, { from: connection.firstSeen, to: connection.lastSeen }),
      null,
    ),
  }
}

function widest(one: Backlog['lost'], other: Backlog['lost']): Backlog['lost'] {
  if (one === null || other === null) return one ?? other
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) }
}
