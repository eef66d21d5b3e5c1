/** Sums of hours and days, as rows like those of contacts. Type circles only: `contacts.ts` calls this file. */
import { LATEST_PID } from '../store/schema.ts'
import type { ContactTuple } from './contacts.ts'
import type { Db } from './rows.ts'
import type { Segment } from './segments.ts'

type Span = Pick<Segment, 'from' | 'to'>

/** In the order of `ContactTuple`; `g` has the sums of each pattern. */
const rowsOf = (sums: string): string => `
  SELECT NULL, p.server_id, p.destination_id, p.scope, p.traffic_class, p.verdict, p.reason,
    p.relayed, p.inherited, p.outcome, g.pid, p.owner_role, p.owner_executable, '[]',
    g.connections, g.open, g.first_seen, g.last_seen, g.sent, g.received
  FROM ${sums} g JOIN pattern p ON p.id = g.pattern_id`

/** What was open when the first of them began counts too. */
const summed = (unit: 'hour' | 'day' | 'block'): string => `
  sum(begun) + sum(CASE WHEN ${unit} = @spanningOf THEN spanning ELSE 0 END) AS connections,
  0 AS open, min(first_seen) AS first_seen, max(last_seen) AS last_seen, ${LATEST_PID} AS pid,
  sum(bytes_sent) AS sent, sum(bytes_received) AS received`

const HOURS = rowsOf(
  `(SELECT pattern_id, ${summed('hour')} FROM hour_sum
    WHERE hour BETWEEN @from AND @to GROUP BY pattern_id)`,
)

/** From pattern to pattern, as the key is: no sorting, and a short span costs a seek each. */
const patternwise = (unit: 'day' | 'block'): string =>
  rowsOf(
    `(SELECT u.pattern_id, ${summed(unit)} FROM pattern o CROSS JOIN ${unit}_sum u
      ON u.pattern_id = o.id AND u.${unit} BETWEEN @from AND @to GROUP BY o.id)`,
  )
const DAYS = patternwise('day')
const BLOCKS = patternwise('block')

const spanning = (from: string): string =>
  rowsOf(
    `(SELECT pattern_id, 0 AS connections, spanning AS open, first_seen, @end AS last_seen,
        owner_pid AS pid, NULL AS sent, NULL AS received
      FROM ${from} AND spanning > 0)`,
  )

const SPANNING_HOUR = spanning('hour_sum WHERE hour = @of')
const SPANNING_DAY = spanning('day_sum WHERE pattern_id IN (SELECT id FROM pattern) AND day = @of')

function read(db: Db, sql: string, values: object): ContactTuple[] {
  return db.prepare<unknown[], ContactTuple>(sql).raw().all(values)
}

export function readHours(db: Db, { from, to }: Span, isFirst: boolean): ContactTuple[] {
  return read(db, HOURS, { from, to, spanningOf: isFirst ? from : -1 })
}

export function readDays(db: Db, { from, to }: Span, isFirst: boolean): ContactTuple[] {
  return read(db, DAYS, { from, to, spanningOf: isFirst ? from : -1 })
}

export function readBlocks(db: Db, { from, to }: Span, isFirst: boolean): ContactTuple[] {
  return read(db, BLOCKS, { from, to, spanningOf: isFirst ? from : -1 })
}

/** What was open when the hour began, as open at `end`, which is just before. */
export function readSpanningHour(db: Db, hour: number, end: number): ContactTuple[] {
  return read(db, SPANNING_HOUR, { of: hour, end })
}

export function readSpanningDay(db: Db, day: number, end: number): ContactTuple[] {
  return read(db, SPANNING_DAY, { of: day, end })
}
