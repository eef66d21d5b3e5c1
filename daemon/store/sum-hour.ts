/** The sums of one hour, made of its connections. In steps: each `yield` ends a transaction of some milliseconds. */
import { dayOf, HOUR_MS } from './calendar.ts'
import type { Db } from './db.ts'
import { createPatterns } from './patterns.ts'
import { LONG_MS } from './schema.ts'

/** Connections read in one step. */
const STEP_ROWS = 400

/** Of one contact within the hour. */
interface Sum {
  readonly contact: number
  readonly pid: number | null
  readonly begun: number
  readonly spanning: number
  readonly firstSeen: number
  readonly lastSeen: number
  readonly sent: number | null
  readonly received: number | null
}

/** Bytes count where the connection ended, so that over several hours each counts once. */
const sums = (rows: string, lastSeen: string, bytes: (of: string) => string): string => `
  SELECT n.contact_id AS contact, c.owner_pid AS pid, sum(n.first_seen >= @start) AS begun,
    sum(n.first_seen < @start) AS spanning, min(n.first_seen) AS firstSeen,
    max(min(${lastSeen}, @end - 1)) AS lastSeen, ${bytes('sent')} AS sent,
    ${bytes('received')} AS received
  FROM ${rows} JOIN contact c ON c.id = n.contact_id GROUP BY n.contact_id`

const ended = (of: string): string =>
  `sum(CASE WHEN n.last_seen BETWEEN @start AND @end - 1 THEN n.bytes_${of} END)`

const SHORT = sums(
  `(SELECT * FROM connection INDEXED BY connection_closed WHERE closed_at IS NOT NULL
    AND last_seen BETWEEN @from AND @to AND first_seen < @end
    AND last_seen - first_seen <= ${LONG_MS}) n`,
  'n.last_seen',
  ended,
)
const LONG = sums(
  `(SELECT * FROM connection INDEXED BY connection_long WHERE closed_at IS NOT NULL
    AND last_seen - first_seen > ${LONG_MS} AND last_seen >= @start AND first_seen < @end) n`,
  'n.last_seen',
  ended,
)
const OPEN = sums(
  `(SELECT * FROM connection INDEXED BY connection_open WHERE closed_at IS NULL
    AND first_seen < @end) n`,
  '@end - 1',
  () => 'NULL',
)

/** Where a step that begins at `@from` ends: after so many connections, but never within one moment. */
const STEP_END = `
  SELECT last_seen FROM connection INDEXED BY connection_closed
  WHERE closed_at IS NOT NULL AND last_seen BETWEEN @from AND @to
  ORDER BY last_seen LIMIT 1 OFFSET ${STEP_ROWS}`

const ADD = `
  INSERT INTO hour_sum (hour, pattern_id, begun, spanning, first_seen, last_seen, owner_pid,
    bytes_sent, bytes_received)
  VALUES (@hour, @pattern, @begun, @spanning, @firstSeen, @lastSeen, @pid, @sent, @received)
  ON CONFLICT (hour, pattern_id) DO UPDATE SET begun = begun + excluded.begun,
    spanning = spanning + excluded.spanning, first_seen = min(first_seen, excluded.first_seen),
    owner_pid = CASE WHEN excluded.last_seen >= last_seen THEN excluded.owner_pid
      ELSE owner_pid END,
    last_seen = max(last_seen, excluded.last_seen),
    bytes_sent = CASE WHEN excluded.bytes_sent IS NULL THEN bytes_sent
      ELSE coalesce(bytes_sent, 0) + excluded.bytes_sent END,
    bytes_received = CASE WHEN excluded.bytes_received IS NULL THEN bytes_received
      ELSE coalesce(bytes_received, 0) + excluded.bytes_received END`

/**
 * Makes them anew. To be run when the hour has been over for an hour and more (HOUR_READY_MS): a connection that ends
 * while this goes on lasted longer than an hour then, and those are summed in one transaction with the open ones.
 * An hour that a late connection marked meanwhile (unsum.ts) stays undone.
 */
export function* sumHour(db: Db, hour: number): Generator<void> {
  const start = hour * HOUR_MS
  const bounds = { start, end: start + HOUR_MS }
  const add = createAdder(db, hour)
  const last = bounds.end + LONG_MS
  db.transaction(() => {
    db.prepare('INSERT OR REPLACE INTO summed_hour (hour, done) VALUES (?, 0)').run(hour)
    db.prepare('DELETE FROM hour_sum WHERE hour = ?').run(hour)
    for (const sql of [LONG, OPEN]) add(db.prepare<unknown[], Sum>(sql).all(bounds))
  }).immediate()
  yield
  const short = db.prepare<unknown[], Sum>(SHORT)
  const stepEnd = db.prepare<unknown[], number>(STEP_END).pluck()
  for (let from = start; from < last; ) {
    const to = stepEnd.get({ from, to: last }) ?? last
    db.transaction(() => add(short.all({ ...bounds, from, to }))).immediate()
    from = to + 1
    yield
  }
  db.prepare('UPDATE summed_hour SET done = 1 WHERE hour = ?').run(hour)
}

function createAdder(db: Db, hour: number): (sums: readonly Sum[]) => void {
  const patternsOf = createPatterns(db)
  const insert = db.prepare(ADD)
  const day = dayOf(hour * HOUR_MS)
  return (all) => {
    for (const { contact, ...sum } of all) {
      for (const pattern of patternsOf(contact, day)) insert.run({ ...sum, hour, pattern })
    }
  }
}
