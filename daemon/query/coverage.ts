/** How well the window was watched. */
import type { CoverageJson } from '../../shared/contract/common.ts'
import type { DegradedReason } from '../../shared/model/observation.ts'
import type { GapReason, NotObservedReason } from '../../shared/model/tick.ts'
import { iso } from '../../shared/text/iso.ts'
import { HOUR_MS, MINUTES_KEPT_MS } from '../store/calendar.ts'
import type { Db, ServerRow } from './rows.ts'
import { readWatched } from './watched.ts'
import { clip, type Window } from './window.ts'

/** A heartbeat older than this at the end of the window means that the daemon did not run any more. */
const SILENT_MS = 10_000
const MINUTE_MS = 60_000

interface SpanRow {
  readonly from: number
  readonly to: number
}

interface EngineRow extends SpanRow {
  readonly name: string
  readonly intervalMs: number | null
  readonly expectedRecall: number
}

function engines(db: Db, window: Window, heartbeat: number): CoverageJson['engines'] {
  const rows = db
    .prepare<unknown[], EngineRow>(
      `SELECT name, interval_ms AS intervalMs, recall AS expectedRecall, from_at AS "from",
         coalesce(to_at, max(from_at, @heartbeat)) AS "to"
       FROM engine_run WHERE from_at <= @to AND coalesce(to_at, @heartbeat) >= @from
       ORDER BY from_at, id`,
    )
    .all({ ...window, heartbeat })
  return rows.flatMap(({ name, intervalMs, expectedRecall, from, to }) => {
    const span = clip(window, from, to)
    if (span === null) return []
    return [{ name, from: iso(span.from), to: iso(span.to), intervalMs, expectedRecall }]
  })
}

function gaps(db: Db, window: Window, heartbeat: number | null): CoverageJson['gaps'] {
  const rows = db
    .prepare<unknown[], SpanRow & { readonly reason: GapReason }>(
      `SELECT from_at AS "from", to_at AS "to", reason FROM gap
       WHERE to_at >= @from AND from_at <= @to ORDER BY from_at, id`,
    )
    .all({ ...window })
  // Not stored: a daemon that is down cannot say so, and the one that starts next writes the gap itself.
  const down = heartbeat !== null && window.to - heartbeat > SILENT_MS
  const all = down
    ? [...rows, { from: heartbeat, to: window.to, reason: 'daemon-down' as const }]
    : rows
  return all.flatMap(({ from, to, reason }) => {
    const span = clip(window, from, to)
    return span === null || span.from === span.to
      ? []
      : [{ from: iso(span.from), to: iso(span.to), reason }]
  })
}

/** Old minutes are kept as the first one of their hour. */
function counts(db: Db, window: Window, heartbeat: number): CoverageJson['connections'] {
  const unit = window.from < heartbeat - MINUTES_KEPT_MS ? HOUR_MS : MINUTE_MS
  const row = db
    .prepare<unknown[], CoverageJson['connections']>(
      `SELECT coalesce(sum(owned), 0) AS owned, coalesce(sum(foreign_owned), 0) AS "foreign",
         coalesce(sum(unknown), 0) AS unknown
       FROM connection_count WHERE minute BETWEEN @from AND @to`,
    )
    .get({ from: Math.floor(window.from / unit) * unit, to: window.to })
  return row ?? { owned: 0, foreign: 0, unknown: 0 }
}

/** `servers` are those the answer is about; connections are counted for the whole machine. */
export function readCoverage(
  db: Db,
  window: Window,
  heartbeat: number | null,
  servers: readonly ServerRow[],
): Omit<CoverageJson, 'resolution'> {
  const spans = { ...window, heartbeat: heartbeat ?? 0 }
  const shown = new Set(servers.map(({ id }) => id))
  return {
    engines: engines(db, window, spans.heartbeat),
    degraded: db
      .prepare<unknown[], { code: DegradedReason; message: string }>(
        `SELECT DISTINCT code, message FROM degraded
         WHERE from_at <= @to AND coalesce(to_at, @heartbeat) >= @from ORDER BY code, message`,
      )
      .all(spans),
    gaps: gaps(db, window, heartbeat),
    connections: counts(db, window, spans.heartbeat),
    watched: readWatched(db, window, servers),
    notObserved: db
      .prepare<unknown[], { serverId: string; reason: NotObservedReason }>(
        `SELECT DISTINCT server_id AS serverId, reason FROM not_observed
         WHERE from_at <= @to AND coalesce(to_at, @heartbeat) >= @from ORDER BY serverId, reason`,
      )
      .all(spans)
      .filter(({ serverId }) => shown.has(serverId)),
  }
}
