/** Opens the database for writing: checked, migrated, and set aside where it is damaged. */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { McpWatchError } from '../../shared/errors.ts'
import { iso } from '../../shared/text/iso.ts'
import type { Db } from './db.ts'
import { privateFile, privateFolder } from './folder.ts'
import { DATABASE_FILE, DATABASE_VERSION, MIGRATIONS } from './schema.ts'
import { prepareSpace } from './space.ts'
import { databaseError, isCorrupt } from './sqlite-error.ts'

/**
 * Something the user should hear about the database. `path` is where a file now is that was set aside: a damaged one,
 * or one that somebody put in the place of ours while it was open; null when ours had only been taken away.
 */
export type StoreNotice =
  | { readonly code: 'database-set-aside'; readonly path: string }
  | { readonly code: 'database-restored'; readonly path: string | null }

export interface OpenedDatabase {
  readonly db: Db
  readonly notices: readonly StoreNotice[]
}

const BUSY_TIMEOUT_MS = 2_000
/** While ticks are written: waiting blocks everything else, and what a lock keeps out is written with the next tick. */
const TICK_BUSY_TIMEOUT_MS = 250
const WAL_LIMIT_BYTES = 16 * 1024 * 1024
/**
 * Pages of the journal that are brought over into the file, and waited for until they are on the disk, in one commit.
 * With SQLite's 1000 the longest step of housekeeping took 105 ms, with this 27.
 */
const CHECKPOINT_PAGES = 200

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
    prepareSpace(db)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`)
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
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

/**
 * Renames the database and what belongs to it; never deletes. Returns the new path of the database. A `stranger` was
 * put in the place of ours, so that the journal is not its own: SQLite must not find the two side by side.
 */
function setAside(path: string, at: number, why: 'corrupt' | 'stranger'): string {
  const stamp = iso(at).replaceAll(':', '-')
  let target = `${path}.${why}-${stamp}`
  for (let n = 2; existsSync(target); n += 1) target = `${path}.${why}-${stamp}-${n}`
  for (const suffix of ['-wal', '-shm', '']) {
    const to = why === 'stranger' ? suffix.replace('-', '.our-') : suffix
    if (existsSync(path + suffix)) renameSync(path + suffix, target + to)
  }
  return target
}

/** Another look at the file by a handle of its own, whose cache is empty. Throws a corruption error. */
export function checkFile(folder: string): void {
  const db = new Database(join(folder, DATABASE_FILE), { readonly: true, fileMustExist: true })
  try {
    guard(db)
    check(db)
  } finally {
    db.close()
  }
}

/** Sets the damaged database that `db` is open on aside and begins a new one. Throws McpWatchError. */
export function beginAnew(db: Db, folder: string, at: number): OpenedDatabase {
  const path = join(folder, DATABASE_FILE)
  try {
    const aside = existsSync(path) ? setAside(path, at, 'corrupt') : path
    // After the rename, so that closing writes nothing more into the file and takes no journal away (pager: "unmoved").
    close(db)
    privateFile(path)
    return { db: openChecked(path), notices: [{ code: 'database-set-aside', path: aside }] }
  } catch (error) {
    throw databaseError(error)
  }
}

/**
 * Puts the database that `db` is open on back to its path, from which it was taken away: a copy of it, journal
 * included. What is there now is set aside. Throws McpWatchError, and then `db` is still open.
 */
export function putBack(db: Db, folder: string, at: number): OpenedDatabase {
  const path = join(folder, DATABASE_FILE)
  const copy = `${path}.copy`
  try {
    privateFolder(folder)
    rmSync(copy, { force: true })
    privateFile(copy)
    db.prepare('VACUUM INTO ?').run(copy)
    const hadOther = existsSync(path)
    const journals = ['-wal', '-shm'].some((suffix) => existsSync(path + suffix))
    const aside = hadOther || journals ? setAside(path, at, 'stranger') : null
    renameSync(copy, path)
    close(db)
    return {
      db: openChecked(path),
      notices: [{ code: 'database-restored', path: hadOther ? aside : null }],
    }
  } catch (error) {
    throw databaseError(error)
  }
}

function close(db: Db): void {
  try {
    db.close()
  } catch {
    // It is damaged, and not needed any more.
  }
}

/**
 * Opens `watch.db` in `folder`, making both where they are missing. One that is damaged is set aside and begun anew, or,
 * where that is not wanted, left alone. Throws McpWatchError, DATABASE_CORRUPT among them in the second case.
 */
export function openDatabase(
  folder: string,
  at: number,
  damaged: 'replace' | 'leave' = 'replace',
): OpenedDatabase {
  const path = join(folder, DATABASE_FILE)
  try {
    privateFolder(folder)
    privateFile(path)
    try {
      return { db: openChecked(path), notices: [] }
    } catch (error) {
      if (!isCorrupt(error) || damaged === 'leave') throw error
      const aside = setAside(path, at, 'corrupt')
      privateFile(path)
      return { db: openChecked(path), notices: [{ code: 'database-set-aside', path: aside }] }
    }
  } catch (error) {
    throw databaseError(error)
  }
}
