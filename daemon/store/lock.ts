/**
 * One daemon a state folder: an exclusive transaction left open on `lock.db`. The kernel frees the file lock at any
 * death of the process, so no stale lock can be left behind (a pid file could).
 */
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { McpWatchError } from '../../shared/errors.ts'
import { databaseError } from './sqlite-error.ts'

export interface StateLock {
  /**
   * Whether the folder is still this process' own. Where the file of the lock was removed under it, it is made and
   * taken again; false when another process was faster.
   */
  readonly keep: () => boolean
  release(): void
}

/** Takes the lock, or returns null when another process holds it. */
export function takeStateLock(stateFolder: string): StateLock | null {
  const path = join(stateFolder, 'lock.db')
  let held = take(path, stateFolder)
  if (held === null) return null
  let file = fileAt(path)
  return {
    keep() {
      const now = fileAt(path)
      if (now !== null && now === file) return true
      const next = take(path, stateFolder)
      if (next === null) return false
      held?.close()
      held = next
      file = fileAt(path)
      return true
    },
    release: () => held?.close(),
  }
}

function take(path: string, stateFolder: string): Database.Database | null {
  let database: Database.Database | null = null
  try {
    database = new Database(path, { timeout: 0 })
    chmodSync(path, 0o600)
    database.pragma('journal_mode = DELETE')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database?.close()
    if (isBusy(cause)) return null
    const error = databaseError(cause)
    if (error.code === 'NATIVE_MODULE') throw error
    throw new McpWatchError('STATE_FOLDER', `the lock in ${stateFolder} cannot be taken`, {
      hint: 'see that lock.db in it is a plain file, the folder is writable and its disk is not full',
      cause,
    })
  }
}

function fileAt(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`
}

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED')
}
