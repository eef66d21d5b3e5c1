/**
 * Removes what is older than its floor, and then what nothing points to any more. In steps: each `yield` ends a
 * transaction of some milliseconds. A floor is raised first, so that a report in between sees no half.
 */
import type { EpochMs } from '../../shared/model/ids.ts'
import { DAY_MS, DAYS_A_BLOCK, HOUR_MS, HOURS_A_DAY, raiseFloor, readFloors } from './calendar.ts'
import type { Db } from './db.ts'
import { PRUNE_REACHED } from './schema-reached.ts'
import { CONTACT_SLACK_MS } from './write-connections.ts'

const STEP_ROWS = 500

/** Deletes by a statement that takes at most `@limit` rows, until it finds none. */
function* inSteps(db: Db, sql: string, values: object): Generator<void> {
  const remove = db.prepare(sql)
  const bound = { ...values, limit: STEP_ROWS }
  while (remove.run(bound).changes > 0) yield
}

/** Closed connections last seen before the hour, and their contacts. */
export function* pruneConnections(db: Db, hour: number): Generator<void> {
  raiseFloor(db, 'connections', hour)
  const { connections: floor } = readFloors(db)
  const before = floor * HOUR_MS
  yield* inSteps(
    db,
    `DELETE FROM connection WHERE rowid IN (
       SELECT rowid FROM connection INDEXED BY connection_closed
       WHERE closed_at IS NOT NULL AND last_seen < @before ORDER BY last_seen LIMIT @limit)`,
    { before },
  )
  yield* inSteps(
    db,
    `DELETE FROM contact WHERE id IN (
       SELECT id FROM contact c WHERE last_at < @before AND NOT EXISTS (
         SELECT 1 FROM connection n INDEXED BY connection_open
         WHERE n.closed_at IS NULL AND n.contact_id = c.id)
       ORDER BY last_at LIMIT @limit)`,
    { before: before - CONTACT_SLACK_MS },
  )
  yield* inSteps(db, PRUNE_REACHED, { before })
  yield* inSteps(
    db,
    'DELETE FROM summed_hour WHERE hour IN (SELECT hour FROM summed_hour WHERE hour < @floor LIMIT @limit)',
    { floor },
  )
  yield* inSteps(
    db,
    `DELETE FROM instance WHERE id IN (
       SELECT id FROM instance i INDEXED BY instance_ended
       WHERE ended_at IS NOT NULL AND ended_at < @before
         AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.instance_id = i.id)
       ORDER BY ended_at LIMIT @limit)`,
    { before },
  )
}

/** Sums of hours before the day. */
export function* pruneHours(db: Db, day: number): Generator<void> {
  raiseFloor(db, 'hours', day)
  const { hours: floor } = readFloors(db)
  yield* inSteps(
    db,
    `DELETE FROM hour_sum WHERE (hour, pattern_id) IN (
       SELECT hour, pattern_id FROM hour_sum WHERE hour < @before LIMIT @limit)`,
    { before: floor * HOURS_A_DAY },
  )
  db.prepare('DELETE FROM summed_day WHERE day < ?').run(floor)
  yield* inSteps(
    db,
    'DELETE FROM watched WHERE (hour, server_id) IN (SELECT hour, server_id FROM watched WHERE hour < @before LIMIT @limit)',
    { before: floor * HOURS_A_DAY },
  )
}

/** Sums of days before the day, and what tells how well those days were watched. */
export function* pruneDays(db: Db, day: number): Generator<void> {
  raiseFloor(db, 'days', day)
  const { days: floor } = readFloors(db)
  // Its key begins with the pattern: a few patterns at a time, each by a seek.
  const most = db.prepare<unknown[], number | null>('SELECT max(id) FROM pattern').pluck().get()
  const [days, blocks] = ['day', 'block'].map((unit) =>
    db.prepare(
      `DELETE FROM ${unit}_sum WHERE ${unit} < @floor
         AND pattern_id IN (SELECT id FROM pattern WHERE id BETWEEN @from AND @to)`,
    ),
  )
  const block = Math.floor(floor / DAYS_A_BLOCK)
  for (let from = 1; from <= (most ?? 0); from += STEP_ROWS) {
    days?.run({ floor, from, to: from + STEP_ROWS - 1 })
    blocks?.run({ floor: block, from, to: from + STEP_ROWS - 1 })
    yield
  }
  db.prepare('DELETE FROM summed_block WHERE block < ?').run(block)
  const before = floor * DAY_MS
  for (const table of ['gap', 'engine_run', 'degraded', 'not_observed']) {
    yield* inSteps(
      db,
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE to_at < @before LIMIT @limit)`,
      { before },
    )
  }
  yield* inSteps(
    db,
    'DELETE FROM connection_count WHERE minute IN (SELECT minute FROM connection_count WHERE minute < @before LIMIT @limit)',
    { before },
  )
}

/**
 * Findings last seen before then, and what was decided about telling of them: one that comes back after so long is news
 * again.
 */
export function* pruneFindings(db: Db, before: EpochMs): Generator<void> {
  const old = db
    .prepare<unknown[], string>(`SELECT id FROM finding WHERE last_seen < ? LIMIT ${STEP_ROWS}`)
    .pluck()
  const remove = [
    db.prepare('DELETE FROM delivery WHERE finding_id = ?'),
    db.prepare('DELETE FROM finding WHERE id = ?'),
  ]
  for (let ids = old.all(before); ids.length > 0; ids = old.all(before)) {
    db.transaction(() => {
      for (const id of ids) for (const each of remove) each.run(id)
    }).immediate()
    yield
  }
}

/** What a file that is rewritten for ever could fill the disk with is bounded by count, too. */
const MOST_CHANGES = 50_000

/** Changes of configurations before then, and the oldest of very many. */
export function* pruneChanges(db: Db, before: EpochMs): Generator<void> {
  yield* inSteps(
    db,
    `DELETE FROM server_change WHERE id IN (
       SELECT id FROM server_change WHERE at < @before ORDER BY at LIMIT @limit)`,
    { before },
  )
  yield* inSteps(
    db,
    `DELETE FROM server_change WHERE id IN (
       SELECT id FROM server_change WHERE id <= (
         SELECT id FROM server_change ORDER BY id DESC LIMIT 1 OFFSET ${MOST_CHANGES})
       ORDER BY id LIMIT @limit)`,
    {},
  )
}

/** What nothing points to any more. */
export function* pruneLeftovers(db: Db): Generator<void> {
  yield* inSteps(
    db,
    `DELETE FROM instance_server WHERE instance_id IN (
       SELECT instance_id FROM instance_server s
       WHERE NOT EXISTS (SELECT 1 FROM instance WHERE id = s.instance_id)
         AND NOT EXISTS (SELECT 1 FROM contact WHERE instance_id = s.instance_id)
       LIMIT @limit)`,
    {},
  )
  // One that was used since the floor may have sums of hours, of which there are none of a day yet.
  yield* byId(
    db,
    'pattern',
    `last_day < @hours AND NOT EXISTS (SELECT 1 FROM day_sum WHERE pattern_id = id)
     AND NOT EXISTS (SELECT 1 FROM block_sum WHERE pattern_id = id)`,
    { hours: readFloors(db).hours },
  )
  yield* byId(
    db,
    'destination',
    `NOT EXISTS (SELECT 1 FROM contact WHERE destination_id = destination.id)
     AND NOT EXISTS (SELECT 1 FROM pattern WHERE destination_id = destination.id)`,
    {},
  )
  yield* inSteps(
    db,
    `DELETE FROM name WHERE (destination_id, name, source) IN (
       SELECT destination_id, name, source FROM name n
       WHERE NOT EXISTS (SELECT 1 FROM destination WHERE id = n.destination_id) LIMIT @limit)`,
    {},
  )
  yield* pruneServers(db)
}

/** Those of no configuration that left nothing behind, and where they went. */
function* pruneServers(db: Db): Generator<void> {
  db.prepare(
    `DELETE FROM server WHERE configured = 0
       AND NOT EXISTS (SELECT 1 FROM instance_server WHERE server_id = server.id)
       AND NOT EXISTS (SELECT 1 FROM pattern WHERE server_id = server.id)
       AND NOT EXISTS (SELECT 1 FROM finding WHERE server_id = server.id)
       AND NOT EXISTS (SELECT 1 FROM server_change WHERE server_id = server.id)
       AND NOT EXISTS (SELECT 1 FROM reached WHERE server_id = server.id)
       AND NOT EXISTS (SELECT 1 FROM server_print WHERE server_id = server.id AND present = 1)`,
  ).run()
  yield
  yield* inSteps(
    db,
    `DELETE FROM server_print WHERE server_id IN (
       SELECT server_id FROM server_print p
       WHERE NOT EXISTS (SELECT 1 FROM server WHERE id = p.server_id) LIMIT @limit)`,
    {},
  )
  yield* inSteps(
    db,
    `DELETE FROM known_destination WHERE (server_id, key) IN (
       SELECT server_id, key FROM known_destination k
       WHERE NOT EXISTS (SELECT 1 FROM server WHERE id = k.server_id) LIMIT @limit)`,
    {},
  )
}

/** Goes through a table by its row ids, so that no step looks at more than so many rows. */
function* byId(db: Db, table: string, condition: string, values: object): Generator<void> {
  const most = db.prepare<unknown[], number | null>(`SELECT max(id) FROM ${table}`).pluck().get()
  const remove = db.prepare(`DELETE FROM ${table} WHERE id BETWEEN @from AND @to AND ${condition}`)
  for (let from = 1; from <= (most ?? 0); from += STEP_ROWS) {
    remove.run({ ...values, from, to: from + STEP_ROWS - 1 })
    yield
  }
}

/** Minutes before then become the first minute of their hour: a year of minutes is half a million rows. */
export function* foldCounts(db: Db, before: EpochMs): Generator<void> {
  const oldest = db
    .prepare<unknown[], number>(
      `SELECT minute FROM connection_count WHERE minute < ? AND minute % ${HOUR_MS} <> 0
       ORDER BY minute LIMIT 1`,
    )
    .pluck()
  const fold = db.prepare(
    `INSERT INTO connection_count (minute, owned, foreign_owned, unknown)
     SELECT @hour, sum(owned), sum(foreign_owned), sum(unknown) FROM connection_count
     WHERE minute > @hour AND minute < @end
     ON CONFLICT (minute) DO UPDATE SET owned = owned + excluded.owned,
       foreign_owned = foreign_owned + excluded.foreign_owned, unknown = unknown + excluded.unknown`,
  )
  const remove = db.prepare('DELETE FROM connection_count WHERE minute > @hour AND minute < @end')
  const limit = Math.floor(before / HOUR_MS) * HOUR_MS
  for (let at = oldest.get(limit); at !== undefined; at = oldest.get(limit)) {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS
    db.transaction(() => {
      fold.run({ hour, end: hour + HOUR_MS })
      remove.run({ hour, end: hour + HOUR_MS })
    }).immediate()
    yield
  }
}
