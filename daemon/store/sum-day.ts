/** The sums of a day, made of those of its hours, and of a block of days, made of those of its days. */
import { DAYS_A_BLOCK, HOURS_A_DAY } from './calendar.ts'
import type { Db } from './db.ts'
import { LATEST, pidIn } from './schema.ts'

/** Patterns in one step; their rows lie apart. */
const STEP_PATTERNS = 250

type Unit = 'hour' | 'day' | 'block'

const SUM = (of: Unit, into: Unit): string => `
  INSERT INTO ${into}_sum (pattern_id, ${into}, begun, spanning, first_seen, last_seen, owner_pid,
    bytes_sent, bytes_received)
  SELECT pattern_id, @whole, sum(begun), sum(CASE WHEN ${of} = @first THEN spanning ELSE 0 END),
    min(first_seen), max(last_seen), ${pidIn(LATEST)}, sum(bytes_sent), sum(bytes_received)
  FROM ${of}_sum WHERE ${of} BETWEEN @first AND @last
    AND pattern_id IN (SELECT id FROM pattern WHERE id BETWEEN @from AND @to)
  GROUP BY pattern_id`

/** Makes them anew. */
export function sumDay(db: Db, day: number): Generator<void> {
  return sumUp(db, 'hour', 'day', day, HOURS_A_DAY)
}

/** Makes them anew. */
export function sumBlock(db: Db, block: number): Generator<void> {
  return sumUp(db, 'day', 'block', block, DAYS_A_BLOCK)
}

function* sumUp(db: Db, of: Unit, into: Unit, whole: number, parts: number): Generator<void> {
  const first = whole * parts
  const span = { whole, first, last: first + parts - 1 }
  db.prepare(`INSERT OR REPLACE INTO summed_${into} (${into}, done) VALUES (?, 0)`).run(whole)
  const most = db.prepare<unknown[], number | null>('SELECT max(id) FROM pattern').pluck().get()
  const clear = db.prepare(
    `DELETE FROM ${into}_sum WHERE ${into} = @whole
       AND pattern_id IN (SELECT id FROM pattern WHERE id BETWEEN @from AND @to)`,
  )
  const sum = db.prepare(SUM(of, into))
  for (let from = 1; from <= (most ?? 0); from += STEP_PATTERNS) {
    const range = { from, to: from + STEP_PATTERNS - 1 }
    db.transaction(() => {
      clear.run({ ...range, whole })
      sum.run({ ...span, ...range })
    }).immediate()
    yield
  }
  // Not where a late connection marked it meanwhile: the row is gone then (unsum.ts).
  db.prepare(`UPDATE summed_${into} SET done = 1 WHERE ${into} = ?`).run(whole)
}
