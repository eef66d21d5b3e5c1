/** The state of the database and its lock, for `doctor`: never writes, never makes a file, never throws. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Doctor } from '../../shared/contract/doctor.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { iso } from '../../shared/text/iso.ts'
import { guard } from '../store/database.ts'
import { lastTickAt } from '../store/memory.ts'
import { DATABASE_FILE, DATABASE_VERSION } from '../store/schema.ts'
import { isCorrupt } from '../store/sqlite-error.ts'
import type { Db } from './rows.ts'

type DatabaseFacts = Doctor['database']

/** quick_check reads the whole file: about a second for this much. */
const LARGEST_CHECKED = 1024 ** 3
const MINUTE_MS = 60_000
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS
const SET_ASIDE = /^watch\.db\.corrupt-[^/]*Z(-\d+)?$/

export function inspectDatabase(folder: string, now: number): DatabaseFacts {
  const path = join(folder, DATABASE_FILE)
  const bare: DatabaseFacts = {
    path,
    exists: existsSync(path),
    bytes: sizeOf(path),
    walBytes: sizeOf(`${path}-wal`),
    version: null,
    knownVersion: DATABASE_VERSION,
    check: 'not-possible',
    problem: null,
    lastTickAt: null,
    future: 0,
    setAside: setAside(folder),
    gaps: {},
  }
  if (!bare.exists) return bare
  let db: Db | null = null
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    guard(db)
    return { ...bare, ...readFacts(db, bare.bytes, now) }
  } catch (error) {
    return { ...bare, check: isCorrupt(error) ? 'damaged' : 'not-possible', problem: codeOf(error) }
  } finally {
    db?.close()
  }
}

function readFacts(db: Db, bytes: number, now: number): Partial<DatabaseFacts> {
  const version = Number(db.pragma('user_version', { simple: true }))
  const check = checkOf(db, bytes)
  // The tables of another version may have other columns.
  if (version !== DATABASE_VERSION || check === 'damaged') return { version, check }
  const last = lastTickAt(db)
  const count = (sql: string, at: number): number =>
    db.prepare<unknown[], number>(sql).pluck().get(at) ?? 0
  const gaps = db
    .prepare<unknown[], [string, number]>(
      'SELECT reason, count(*) FROM gap WHERE to_at >= ? GROUP BY reason ORDER BY reason',
    )
    .raw()
    .all(now - WEEK_MS)
  return {
    version,
    check,
    lastTickAt: last === null ? null : iso(last),
    future:
      count('SELECT count(*) FROM connection WHERE first_seen > ?', now + MINUTE_MS) +
      count('SELECT count(*) FROM finding WHERE last_seen > ?', now + MINUTE_MS) +
      Number(last !== null && last > now + MINUTE_MS),
    gaps: Object.fromEntries(gaps),
  }
}

function checkOf(db: Db, bytes: number): DatabaseFacts['check'] {
  if (bytes > LARGEST_CHECKED) return 'too-large'
  return db.pragma('quick_check(1)', { simple: true }) === 'ok' ? 'ok' : 'damaged'
}

/**
 * Whether a daemon holds the folder: an exclusive transaction keeps readers out (sqlite.org/lockingv3.html). Null where
 * there is no lock file, or it cannot be asked. The look itself holds the lock shared for an instant.
 */
export function isStateLocked(folder: string): boolean | null {
  const path = join(folder, 'lock.db')
  if (!existsSync(path)) return null
  let db: Db | null = null
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 })
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    return false
  } catch (error) {
    return codeOf(error).startsWith('SQLITE_BUSY') ? true : null
  } finally {
    db?.close()
  }
}

function codeOf(error: unknown): string {
  if (error instanceof McpWatchError) return error.code
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  return error instanceof Error && error.message.startsWith('Could not locate the bindings file')
    ? 'NATIVE_MODULE'
    : 'unknown'
}

function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}

function setAside(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => SET_ASIDE.test(name))
      .sort()
  } catch {
    return []
  }
}
