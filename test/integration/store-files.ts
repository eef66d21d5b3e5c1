/** Real databases in temporary folders. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type OpenedStore, openStore } from '../../daemon/store/store.ts'
import type { TickResult } from '../../shared/model/tick.ts'
import { fixedClock, silentLog, T0 } from '../unit/store/ticks.ts'

export function open(folder: string): OpenedStore {
  return openStore({ folder, clock: fixedClock(T0), log: silentLog })
}

/** Opens, commits and closes: one life of a daemon. */
export function run(folder: string, ticks: readonly TickResult[]): void {
  const store = open(folder)
  for (const it of ticks) store.commit(it)
  store.close()
}

/** Every row of every table, as text. */
export function dump(folder: string): string {
  const db = new Database(join(folder, 'watch.db'), { readonly: true })
  const tables = db
    .prepare<unknown[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
  const rows = tables.map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all()])
  db.close()
  return JSON.stringify(rows, null, 1)
}

export function rows(folder: string, sql: string): unknown[] {
  const db = new Database(join(folder, 'watch.db'), { readonly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}
