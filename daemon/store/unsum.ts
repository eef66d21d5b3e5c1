/** Marks hours whose sums are out of date: a connection came late, its verdict did, or the clock was set back. */
import type { Connection } from '../../shared/model/connection.ts'
import { DAYS_A_BLOCK, HOURS_A_DAY, hourOf, readFloors } from './calendar.ts'
import type { Db } from './db.ts'

/** More hours are not done again for one connection: they would keep housekeeping busy for as long as it likes. */
const MOST_HOURS = 48

/**
 * To be called before the connection is written. Hours whose connections are partly gone stay as they are: sums made of
 * the rest would be lower than the truth.
 */
export function createUnsummer(
  db: Db,
): (connection: Pick<Connection, 'id' | 'firstSeen' | 'lastSeen' | 'closedAt'>) => void {
  const newest = db.prepare<unknown[], number | null>('SELECT max(hour) FROM summed_hour').pluck()
  const exists = db.prepare<unknown[], number>('SELECT 1 FROM connection WHERE id = ?').pluck()
  const forgetHours = db.prepare(
    'DELETE FROM summed_hour WHERE hour BETWEEN max(@from, @floor) AND @to',
  )
  const forgetBlocks = db.prepare('DELETE FROM summed_block WHERE block BETWEEN @from AND @to')
  const forgetDays = db.prepare('DELETE FROM summed_day WHERE day BETWEEN @from AND @to')
  return ({ id, firstSeen, lastSeen, closedAt }) => {
    const summed = newest.get() ?? -1
    const [first, last] = [hourOf(firstSeen), hourOf(lastSeen)]
    if (first > summed) return
    // One that is known was summed as open; only its end can be news to an hour that is over.
    const isNew = exists.get(id) === undefined
    if (!isNew && (closedAt === null || last > summed)) return
    const from = isNew ? Math.max(first, last - MOST_HOURS) : last
    const { connections: floor } = readFloors(db)
    if (forgetHours.run({ from, floor, to: last }).changes === 0) return
    const days = { from: Math.floor(from / HOURS_A_DAY), to: Math.floor(last / HOURS_A_DAY) }
    forgetDays.run(days)
    forgetBlocks.run({
      from: Math.floor(days.from / DAYS_A_BLOCK),
      to: Math.floor(days.to / DAYS_A_BLOCK),
    })
  }
}
