/** Sums of hours, days and blocks of days, as rows like those of contacts. */
import { LATEST, pidIn } from '../store/schema.ts'
import type { ContactTuple } from './contact-tuple.ts'
import type { Db } from './rows.ts'
import type { Segment } from './segments.ts'

/** A segment of sums; in the first one what was open when it began counts too. */
export interface SummedSegment extends Segment {
  readonly isFirst: boolean
}

/** In the order of `ContactTuple`; `g` has the sums of each pattern. */
const rowsOf = (sums: string): string => `
  SELECT NULL, p.server_id, p.destination_id, p.scope, p.traffic_class, p.verdict, p.reason,
    p.relayed, p.inherited, p.outcome, g.pid, p.owner_role, p.owner_executable, '[]',
    g.connections, g.open, g.first_seen, g.last_seen, g.sent, g.received
  FROM (${sums}) g JOIN pattern p ON p.id = g.pattern_id`

const UNITS = { hours: 'hour', days: 'day', blocks: 'block' } as const

/**
 * Each pattern's sums of one segment. Of days and blocks from pattern to pattern, as the key is: no sorting, and a short
 * span costs a seek each. The numbers are our own, so that they can stand in the text.
 */
function sumsOf({ kind, from, to, isFirst }: SummedSegment): string {
  if (kind === 'connections') return ''
  const unit = UNITS[kind]
  const spanning = isFirst ? `sum(CASE WHEN ${unit} = ${from} THEN spanning ELSE 0 END)` : '0'
  const columns = `pattern_id, sum(begun) + ${spanning} AS connections,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen, ${LATEST} AS latest,
    sum(bytes_sent) AS sent, sum(bytes_received) AS received`
  const span = `${unit} BETWEEN ${from} AND ${to}`
  return kind === 'hours'
    ? `SELECT ${columns} FROM hour_sum WHERE ${span} GROUP BY pattern_id`
    : `SELECT ${columns} FROM pattern o CROSS JOIN ${unit}_sum ON pattern_id = o.id AND ${span}
       GROUP BY o.id`
}

/** Added up over all segments in the database: a row for each pattern, however many segments it is in. */
export function readSummed(db: Db, segments: readonly SummedSegment[]): ContactTuple[] {
  const parts = segments.filter(({ kind }) => kind !== 'connections').map(sumsOf)
  if (parts.length === 0) return []
  const all = parts.map((part) => `SELECT * FROM (${part})`).join(' UNION ALL ')
  const sql = rowsOf(
    `SELECT pattern_id, sum(connections) AS connections, 0 AS open, min(first_seen) AS first_seen,
       max(last_seen) AS last_seen, ${pidIn('max(latest)')} AS pid, sum(sent) AS sent,
       sum(received) AS received
     FROM (${all}) GROUP BY pattern_id`,
  )
  return db.prepare<unknown[], ContactTuple>(sql).raw().all()
}

/** What was open when the hour or day began, as open at `end`, which is just before. */
export function readSpanning(
  db: Db,
  unit: 'hour' | 'day',
  of: number,
  end: number,
): ContactTuple[] {
  const sql = rowsOf(
    `SELECT pattern_id, 0 AS connections, spanning AS open, first_seen, @end AS last_seen,
       owner_pid AS pid, NULL AS sent, NULL AS received
     FROM ${unit}_sum
     WHERE pattern_id IN (SELECT id FROM pattern) AND ${unit} = @of AND spanning > 0`,
  )
  return db.prepare<unknown[], ContactTuple>(sql).raw().all({ of, end })
}
