/**
 * What was watched and what was not. Spans (an engine's run, a reason for seeing less) are rows that stay open while
 * nothing changes: the writer compares each tick with the last and writes the differences only.
 */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { ConnectionCounts, Gap, TickResult } from '../../shared/model/tick.ts'
import type { Db } from './db.ts'
import { whole, wholeOrNull } from './values.ts'
import { createWatchedWriter } from './write-watched.ts'

type Coverage = TickResult['coverage']

/** What is open in the database, as of the last tick that was committed. */
export interface CoverageState {
  readonly engine: string
  /** Message by code. */
  readonly degraded: ReadonlyMap<string, string>
  /** Server and reason by their joined key. */
  readonly notObserved: ReadonlyMap<string, Coverage['notObserved'][number]>
}

/** A reason that comes back this soon continues its row, so that one that flickers does not fill the database. */
const REJOIN_MS = 5 * 60_000
const MINUTE_MS = 60_000

type Writer<T> = (next: T, at: EpochMs) => void

function createCounts(db: Db): Writer<ConnectionCounts> {
  const add = db.prepare(`
    INSERT INTO connection_count (minute, owned, foreign_owned, unknown) VALUES (?, ?, ?, ?)
    ON CONFLICT (minute) DO UPDATE SET owned = owned + excluded.owned,
      foreign_owned = foreign_owned + excluded.foreign_owned, unknown = unknown + excluded.unknown`)
  return ({ owned, foreign, unknown }, at) => {
    if (owned + foreign + unknown === 0) return
    add.run(Math.floor(at / MINUTE_MS) * MINUTE_MS, whole(owned), whole(foreign), whole(unknown))
  }
}

/** A gap that continues an earlier one of the same reason makes that longer. */
function createGaps(db: Db): (gaps: readonly Gap[]) => void {
  const extend = db.prepare(`
    UPDATE gap SET to_at = max(to_at, @to)
    WHERE reason = @reason AND from_at <= @from AND to_at >= @from`)
  const insert = db.prepare('INSERT INTO gap (from_at, to_at, reason) VALUES (@from, @to, @reason)')
  return (gaps) => {
    for (const gap of gaps) {
      const row = { from: whole(gap.from), to: whole(gap.to), reason: gap.reason }
      if (row.to > row.from && extend.run(row).changes === 0) insert.run(row)
    }
  }
}

function createEngineRuns(db: Db): (coverage: Coverage, at: EpochMs, before: EpochMs) => void {
  const end = db.prepare('UPDATE engine_run SET to_at = max(from_at, ?) WHERE to_at IS NULL')
  const begin = db.prepare(
    'INSERT INTO engine_run (name, interval_ms, recall, from_at) VALUES (?, ?, ?, ?)',
  )
  return ({ engine }, at, before) => {
    end.run(whole(before))
    begin.run(engine.name, wholeOrNull(engine.intervalMs), engine.expectedRecall, whole(at))
  }
}

function createDegraded(
  db: Db,
): (state: Coverage, last: CoverageState | null, at: EpochMs) => void {
  const end = db.prepare('UPDATE degraded SET to_at = ? WHERE code = ? AND to_at IS NULL')
  const rejoin = db.prepare(`
    UPDATE degraded SET to_at = NULL, message = @message
    WHERE id = (SELECT id FROM degraded WHERE code = @code AND (to_at IS NULL OR to_at >= @since)
      ORDER BY to_at IS NULL DESC, to_at DESC LIMIT 1)`)
  const begin = db.prepare(
    'INSERT INTO degraded (code, message, from_at) VALUES (@code, @message, @at)',
  )
  return ({ engine }, last, at) => {
    const now = new Map(engine.degraded.map(({ code, message }) => [code as string, message]))
    for (const code of last?.degraded.keys() ?? []) if (!now.has(code)) end.run(whole(at), code)
    for (const [code, message] of now) {
      if (last?.degraded.get(code) === message) continue
      const row = { code, message, at: whole(at), since: whole(at) - REJOIN_MS }
      if (rejoin.run(row).changes === 0) begin.run(row)
    }
  }
}

function createNotObserved(
  db: Db,
): (next: CoverageState['notObserved'], last: CoverageState | null, at: EpochMs) => void {
  const end = db.prepare(
    'UPDATE not_observed SET to_at = ? WHERE server_id = ? AND reason = ? AND to_at IS NULL',
  )
  const rejoin = db.prepare(`
    UPDATE not_observed SET to_at = NULL
    WHERE id = (SELECT id FROM not_observed WHERE server_id = @serverId AND reason = @reason
      AND (to_at IS NULL OR to_at >= @since) ORDER BY to_at IS NULL DESC, to_at DESC LIMIT 1)`)
  const begin = db.prepare(
    'INSERT INTO not_observed (server_id, reason, from_at) VALUES (@serverId, @reason, @at)',
  )
  return (next, last, at) => {
    for (const [key, { serverId, reason }] of last?.notObserved ?? []) {
      if (!next.has(key)) end.run(whole(at), serverId, reason)
    }
    for (const [key, { serverId, reason }] of next) {
      if (last?.notObserved.has(key) === true) continue
      const row = { serverId, reason, at: whole(at), since: whole(at) - REJOIN_MS }
      if (rejoin.run(row).changes === 0) begin.run(row)
    }
  }
}

/** Spans that an earlier run of the daemon left open ended at its heartbeat. */
function createLeftovers(db: Db): (heartbeat: EpochMs) => void {
  const ends = ['degraded', 'not_observed'].map((table) =>
    db.prepare(`UPDATE ${table} SET to_at = max(from_at, ?) WHERE to_at IS NULL`),
  )
  return (heartbeat) => {
    for (const end of ends) end.run(heartbeat)
  }
}

/** `last` is null for the first tick of a run; `heartbeat` is the tick before, of whichever run. */
export function createCoverageWriter(
  db: Db,
): (tick: TickResult, last: CoverageState | null, heartbeat: EpochMs | null) => CoverageState {
  const writeCounts = createCounts(db)
  const writeGaps = createGaps(db)
  const writeWatched = createWatchedWriter(db)
  const writeEngine = createEngineRuns(db)
  const writeDegraded = createDegraded(db)
  const writeNotObserved = createNotObserved(db)
  const endLeftovers = createLeftovers(db)
  return ({ at, coverage }, last, heartbeat) => {
    const { name, intervalMs, expectedRecall, degraded } = coverage.engine
    const next: CoverageState = {
      engine: JSON.stringify([name, intervalMs, expectedRecall]),
      degraded: new Map(degraded.map(({ code, message }) => [code, message])),
      notObserved: new Map(coverage.notObserved.map((it) => [`${it.reason} ${it.serverId}`, it])),
    }
    if (last === null && heartbeat !== null) endLeftovers(heartbeat)
    if (last?.engine !== next.engine) writeEngine(coverage, at, heartbeat ?? at)
    writeDegraded(coverage, last, at)
    writeNotObserved(next.notObserved, last, at)
    writeCounts(coverage.counts, at)
    writeGaps(coverage.gaps)
    writeWatched(coverage.watched ?? [], at)
    return next
  }
}
