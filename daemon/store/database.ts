/** Opens the database for writing: checked, migrated, and set aside where it is damaged. */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { McpWatchError } from '../../shared/errors.ts'
import { privateFile, privateFolder } from './folder.ts'
import { DATABASE_FILE, DATABASE_VERSION, MIGRATIONS } from './schema.ts'
import { databaseError, isCorrupt } from './sqlite-error.ts'

export type Db = Database.Database

/** Something the user should hear about the database; `path` is where the old file is now. */
export interface StoreNotice {
  readonly code: 'database-set-aside'
  readonly path: string
}

export interface OpenedDatabase {
  readonly db: Db
  readonly notices: readonly StoreNotice[]
}

const BUSY_TIMEOUT_MS = 2_000
/** While ticks are written: waiting blocks everything else, and what a lock keeps out is written with the next tick. */
const TICK_BUSY_TIMEOUT_MS = 250
const WAL_LIMIT_BYTES = 16 * 1024 * 1024

/** For both kinds of handle. A schema planted in the file may not run functions (trusted_schema). */
export function guard(db: Db): void {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
}

/** `user_version` of the file; throws DATABASE_NEWER for one that a later mcp-watch wrote. */
export function databaseVersion(db: Db): number {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version <= DATABASE_VERSION) return version
  throw new McpWatchError(
    'DATABASE_NEWER',
    `the database is of version ${version}, this mcp-watch knows up to ${DATABASE_VERSION}`,
    { hint: 'update mcp-watch, or move the state folder away to begin anew' },
  )
}

function migrate(db: Db): void {
  const upgrade = db.transaction(() => {
    for (const [step, sql] of MIGRATIONS.entries()) {
      if (step < databaseVersion(db)) continue
      db.exec(sql)
      db.pragma(`user_version = ${step + 1}`)
    }
  })
  upgrade.immediate()
}

/** Throws a corruption error for a file that fails `PRAGMA quick_check`. */
function check(db: Db): void {
  const result = db.pragma('quick_check(1)', { simple: true })
  if (result !== 'ok') throw new Database.SqliteError('quick_check failed', 'SQLITE_CORRUPT')
}

function openChecked(path: string): Db {
  const db = new Database(path)
  try {
    guard(db)
    databaseVersion(db)
    check(db)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`)
    migrate(db)
    db.pragma(`busy_timeout = ${TICK_BUSY_TIMEOUT_MS}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A database of this process alone, which is gone when it is closed. */
export function openMemoryDatabase(): Db {
  try {
    const db = new Database(':memory:')
    migrate(db)
    return db
  } catch (error) {
    throw databaseError(error)
  }
}

/** Renames the database and what belongs to it; never deletes. Returns the new path of the database. */
function setAside(path: string, at: number): string {
  const stamp = new Date(at).toISOString().replaceAll(':', '-')
  let target = `${path}.corrupt-${stamp}`
  for (let n = 2; existsSync(target); n += 1) target = `${path}.corrupt-${stamp}-${n}`
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
  }
  return target
}

/** Opens `watch.db` in `folder`, making both where they are missing. Throws McpWatchError. */
export function openDatabase(folder: string, at: number): OpenedDatabase {
  const path = join(folder, DATABASE_FILE)
  try {
    privateFolder(folder)
    privateFile(path)
    try {
      return { db: openChecked(path), notices: [] }
    } catch (error) {
      if (!isCorrupt(error)) throw error
      const aside = setAside(path, at)
      privateFile(path)
      return { db: openChecked(path), notices: [{ code: 'database-set-aside', path: aside }] }
    }
  } catch (error) {
    throw databaseError(error)
  }
}
