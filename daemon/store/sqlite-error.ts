/** What SQLite says, in this program's errors. */
import Database from 'better-sqlite3'
import { McpWatchError } from '../../shared/errors.ts'

/** Code of an error of a system call (as `EACCES`), null for any other error. */
function systemCode(error: unknown): string | null {
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error
  return isSystem ? String(error.code) : null
}

/** Result code of an error that SQLite threw (as `SQLITE_FULL`), null for any other error. */
export function sqliteCode(error: unknown): string | null {
  return error instanceof Database.SqliteError ? error.code : null
}

/** The file is no database, or is damaged. https://www.sqlite.org/rescode.html */
export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== null && /^SQLITE_(CORRUPT|NOTADB)/.test(code)
}

/**
 * Something outside of the program hinders writing now, and the same write can succeed later. So it is when the database
 * cannot even be opened, which is told in errors of ours.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof McpWatchError || systemCode(error) !== null) return true
  const code = sqliteCode(error)
  return (
    code !== null && /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|PERM|AUTH)/.test(code)
  )
}

function isNativeModule(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : null
  return code === 'ERR_DLOPEN_FAILED' || error.message.startsWith('Could not locate the bindings')
}

/** Never passes SQLite's own words on: they can hold a statement or a value. */
export function databaseError(error: unknown): McpWatchError {
  if (error instanceof McpWatchError) return error
  if (isCorrupt(error)) {
    return new McpWatchError('DATABASE_CORRUPT', 'the database is damaged', {
      hint: 'the next `mcp-watch start` sets it aside and begins a new one',
      cause: error,
    })
  }
  if (isPassing(error)) {
    const message = `the database cannot be used now (${sqliteCode(error) ?? systemCode(error) ?? 'unknown'})`
    return new McpWatchError('STATE_FOLDER', message, {
      hint: 'check the free space and the permissions of the state folder',
      cause: error,
    })
  }
  if (isNativeModule(error)) {
    return new McpWatchError('NATIVE_MODULE', 'better-sqlite3 cannot be loaded by this Node', {
      hint: 'run `npm rebuild better-sqlite3` with the Node that runs mcp-watch',
      cause: error,
    })
  }
  return new McpWatchError('INTERNAL', 'the database refused a statement', { cause: error })
}
