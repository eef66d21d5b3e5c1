/** The sums of one day, made of those of its hours. */
import { HOURS_A_DAY } from './calendar.ts'
import type { Db } from './database.ts'
import { LATEST_PID } from './schema.ts'

/** Patterns in one step; their rows lie apart. */
const STEP_PATTERNS = 250

const SUM = `
  INSERT INTO day_sum (pattern_id, day, begun, spanning, first_seen, last_seen, owner_pid,
    bytes_sent, bytes_received)
  SELECT pattern_id, @day, sum(begun), sum(CASE WHEN hour = @first THEN spanning ELSE 0 END),
    min(first_seen), max(last_seen), ${LATEST_PID}, sum(bytes_sent), sum(bytes_received)
  FROM hour_sum WHERE hour BETWEEN @first AND @last AND pattern_id BETWEEN @from AND @to
  GROUP BY pattern_id`

/** Makes them anew. */
export function* sumDay(db: Db, day: number): Generator<void> {
  const first = day * HOURS_A_DAY
  const hours = { day, first, last: first + HOURS_A_DAY - 1 }
  db.prepare('INSERT OR REPLACE INTO summed_day (day, done) VALUES (?, 0)').run(day)
  const most = db.prepare<unknown[], number | null>('SELECT max(id) FROM pattern').pluck().get()
  const clear = db.prepare(
    `DELETE FROM day_sum WHERE day = @day
       AND pattern_id IN (SELECT id FROM pattern WHERE id BETWEEN @from AND @to)`,
  )
  const sum = db.prepare(SUM)
  for (let from = 1; from <= (most ?? 0); from += STEP_PATTERNS) {
    const range = { from, to: from + STEP_PATTERNS - 1 }
    db.transaction(() => {
      clear.run({ day, ...range })
      sum.run({ ...hours, ...range })
    }).immediate()
    yield
  }
  db.prepare('UPDATE summed_day SET done = 1 WHERE day = ?').run(day)
}
