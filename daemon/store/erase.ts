/**
 * Removes what the user wants gone: of one server or of all, everything or what is older. In steps. What is going on at
 * the moment stays as it is: it would be written again with the next tick.
 */
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import { blockOf, dayOf, HOUR_MS, hourOf } from './calendar.ts'
import type { Db } from './db.ts'
import { lastTickAt } from './memory.ts'
import { pruneLeftovers } from './prune.ts'
import { giveBack } from './space.ts'
import { CONTACT_SLACK_MS } from './write-connections.ts'

const STEP_ROWS = 500
/** Rows looked at in one step where most of them stay. */
const STEP_LOOKED_AT = 5_000

export interface EraseInput {
  /** Null: of every server, and what belongs to none. */
  readonly servers: readonly ServerId[] | null
  /** Only what was last seen before then; null: everything. */
  readonly before: EpochMs | null
}

/**
 * Afterwards nothing of it is in the file: deleted rows are overwritten (secure_delete), free pages leave the file, and
 * the journal is emptied. `isAlone`: no other handle is open, so that the whole is made anew (VACUUM), which takes
 * seconds where much is left.
 */
export function* erase(db: Db, input: EraseInput, isAlone: boolean): Generator<void> {
  db.pragma('secure_delete = ON')
  try {
    if (isAlone && input.before === null) endAll(db)
    yield* eraseConnections(db, input)
    yield* eraseSums(db, input)
    eraseFacts(db, input)
    yield
    yield* pruneLeftovers(db)
    yield* giveBack(db, true)
    if (isAlone) db.exec('VACUUM')
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.pragma('secure_delete = FAST')
  }
}

const OF_SERVERS = 'server_id IN (SELECT value FROM json_each(@servers))'

interface Bound {
  readonly servers: string
  readonly before: EpochMs
}

function boundOf({ servers, before }: EraseInput): Bound {
  return { servers: JSON.stringify(servers ?? []), before: before ?? Number.MAX_SAFE_INTEGER }
}

function* eraseConnections(db: Db, input: EraseInput): Generator<void> {
  const bound = boundOf(input)
  const isOfServers =
    input.servers === null
      ? 'TRUE'
      : `contact_id IN (SELECT c.id FROM instance_server s
           JOIN contact c ON c.instance_id = s.instance_id WHERE s.${OF_SERVERS})`
  yield* byRowid(
    db,
    'connection',
    `closed_at IS NOT NULL AND last_seen < @before AND ${isOfServers}`,
    bound,
  )
  const ofContact =
    input.servers === null
      ? 'TRUE'
      : `instance_id IN (SELECT instance_id FROM instance_server WHERE ${OF_SERVERS})`
  // One that is newer than the bound still has connections.
  yield* byRowid(
    db,
    'contact',
    `last_at < @before AND ${ofContact} AND NOT EXISTS (
       SELECT 1 FROM connection n INDEXED BY connection_open
       WHERE n.closed_at IS NULL AND n.contact_id = contact.id)`,
    { ...bound, before: input.before === null ? bound.before : bound.before - CONTACT_SLACK_MS },
  )
  db.prepare(
    `DELETE FROM instance WHERE ended_at IS NOT NULL AND ended_at < @before
       AND NOT EXISTS (SELECT 1 FROM contact WHERE instance_id = instance.id)
       AND ${input.servers === null ? 'TRUE' : `id IN (SELECT instance_id FROM instance_server WHERE ${OF_SERVERS})`}`,
  ).run(bound)
  yield
}

function* eraseSums(db: Db, input: EraseInput): Generator<void> {
  const bound = boundOf(input)
  const ofServers =
    input.servers === null ? 'TRUE' : `pattern_id IN (SELECT id FROM pattern WHERE ${OF_SERVERS})`
  const limits = {
    ...bound,
    hour: hourOf(bound.before),
    day: dayOf(bound.before),
    block: blockOf(dayOf(bound.before)),
  }
  const hours = db
    .prepare<unknown[], number>('SELECT DISTINCT hour FROM hour_sum WHERE hour < @hour')
    .pluck()
    .all({ hour: limits.hour })
  const eraseHour = db.prepare(`DELETE FROM hour_sum WHERE hour = @of AND ${ofServers}`)
  for (const of of hours) {
    eraseHour.run({ ...limits, of })
    yield
  }
  const most = db.prepare<unknown[], number | null>('SELECT max(id) FROM pattern').pluck().get()
  const [eraseDays, eraseBlocks] = ['day', 'block'].map((unit) =>
    db.prepare(
      `DELETE FROM ${unit}_sum WHERE ${unit} < @${unit} AND ${ofServers}
         AND pattern_id IN (SELECT id FROM pattern WHERE id BETWEEN @from AND @to)`,
    ),
  )
  for (let from = 1; from <= (most ?? 0); from += STEP_ROWS) {
    eraseDays?.run({ ...limits, from, to: from + STEP_ROWS - 1 })
    eraseBlocks?.run({ ...limits, from, to: from + STEP_ROWS - 1 })
    yield
  }
  // Those that no sum is left of; a connection of the moment makes its own again.
  if (input.before === null)
    yield* byRowid(db, 'pattern', input.servers === null ? 'TRUE' : OF_SERVERS, bound)
}

/** Findings, what was told of them, where servers went, and how they were watched. */
function eraseFacts(db: Db, input: EraseInput): void {
  const bound = boundOf(input)
  const of = input.servers === null ? 'TRUE' : OF_SERVERS
  const run = (sql: string): void => {
    db.prepare(sql).run(bound)
  }
  db.transaction(() => {
    run(
      `DELETE FROM delivery WHERE ${of} AND NOT EXISTS (SELECT 1 FROM finding
         WHERE id = delivery.finding_id AND last_seen >= @before)`,
    )
    run(`DELETE FROM finding WHERE ${of} AND last_seen < @before`)
    run(`DELETE FROM reached WHERE ${of} AND open = 0 AND last_seen < @before`)
    run(`DELETE FROM server_change WHERE ${of} AND at < @before`)
    run(`DELETE FROM not_observed WHERE ${of} AND to_at < @before`)
    run(`DELETE FROM watched WHERE ${of} AND (hour + 1) * ${HOUR_MS} <= @before`)
    if (input.before === null) {
      run(`DELETE FROM known_destination WHERE ${of}`)
      run(`DELETE FROM server_print WHERE ${of} AND present = 0`)
      // What is configured now is compared with all the same; when it came is forgotten.
      run(
        `UPDATE server_print SET first_seen = ${lastTickAt(db) ?? 0}, arrived_since = NULL,
           arrived_at = NULL WHERE ${of}`,
      )
      run(
        `UPDATE server SET ran_at = NULL WHERE ${of.replace('server_id', 'id')}
           AND NOT EXISTS (SELECT 1 FROM instance_server WHERE server_id = server.id)`,
      )
    }
    if (input.servers !== null) return
    for (const table of ['gap', 'engine_run', 'degraded']) {
      run(`DELETE FROM ${table} WHERE to_at < @before`)
    }
    run('DELETE FROM connection_count WHERE minute < @before')
  }).immediate()
}

/** Goes through a table by its row ids: no step looks at more than so many rows, nor removes more than so many. */
function* byRowid(db: Db, table: string, condition: string, bound: object): Generator<void> {
  const [least, most] = db
    .prepare<unknown[], [number | null, number | null]>(
      `SELECT min(rowid), max(rowid) FROM ${table}`,
    )
    .raw()
    .get() ?? [null, null]
  const remove = db.prepare(
    `DELETE FROM ${table} WHERE rowid BETWEEN @from AND @to AND ${condition} LIMIT ${STEP_ROWS}`,
  )
  for (let from = least ?? 0; most !== null && from <= most; from += STEP_LOOKED_AT) {
    const range = { ...bound, from, to: from + STEP_LOOKED_AT - 1 }
    while (remove.run(range).changes === STEP_ROWS) yield
    yield
  }
}

/** With no daemon nothing goes on: what is open was so when the last one ended. */
function endAll(db: Db): void {
  const at = lastTickAt(db) ?? 0
  db.transaction(() => {
    db.prepare('UPDATE connection SET closed_at = last_seen WHERE closed_at IS NULL').run()
    db.prepare(`UPDATE reached SET open = 0, held = '[]'`).run()
    db.prepare('UPDATE instance SET ended_at = ? WHERE ended_at IS NULL').run(at)
    for (const table of ['engine_run', 'degraded', 'not_observed']) {
      db.prepare(`UPDATE ${table} SET to_at = max(from_at, ?) WHERE to_at IS NULL`).run(at)
    }
  }).immediate()
}
