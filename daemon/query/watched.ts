/** How well the servers of an answer were watched in its window, in whole hours. */
import type { CoverageJson } from '../../shared/contract/common.ts'
import type { Db, ServerRow } from './rows.ts'
import type { Window } from './window.ts'

const HOUR_MS = 3_600_000

interface WatchedRow {
  readonly serverId: string
  readonly quietMs: number
  readonly activeMs: number
  readonly seenMs: number
  readonly unknown: number
}

/** An hour counts whole when any of it is in the window: figures are kept by the hour. */
export function readWatched(
  db: Db,
  window: Window,
  servers: readonly ServerRow[],
): CoverageJson['watched'] {
  const shown = new Set(servers.map(({ id }) => id))
  const rows = db
    .prepare<unknown[], WatchedRow>(
      `SELECT server_id AS serverId, sum(quiet_ms) AS quietMs, sum(active_ms) AS activeMs,
         sum(seen_ms) AS seenMs, sum(unknown) AS unknown
       FROM watched WHERE hour BETWEEN @from AND @to GROUP BY server_id ORDER BY server_id`,
    )
    .all({ from: Math.floor(window.from / HOUR_MS), to: Math.floor(window.to / HOUR_MS) })
    .filter(({ serverId }) => shown.has(serverId))
  const total = (of: (row: WatchedRow) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0)
  const quietMs = total((row) => row.quietMs)
  const activeMs = total((row) => row.activeMs)
  return {
    quietMs,
    activeMs,
    expectedRecall: recall(
      quietMs,
      activeMs,
      total(({ seenMs }) => seenMs),
    ),
    servers: rows.map((row) => ({
      serverId: row.serverId,
      quietMs: row.quietMs,
      activeMs: row.activeMs,
      expectedRecall: recall(row.quietMs, row.activeMs, row.seenMs),
      unknown: row.unknown,
    })),
  }
}

/** The share of moments at which a connection held 50 ms could begin and was certain to be seen. */
function recall(quietMs: number, activeMs: number, seenMs: number): number | null {
  const all = quietMs + activeMs
  return all === 0 ? null : Math.min(1, (quietMs + seenMs) / all)
}
