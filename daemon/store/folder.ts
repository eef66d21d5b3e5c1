/** Folders and files that only the user may look into. */
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, statSync } from 'node:fs'
import { McpWatchError } from '../../shared/errors.ts'

function refuse(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('STATE_FOLDER', message, {
    hint: 'the state folder has to be a folder of yours that nobody else can write to',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Makes the folder where it is missing and takes everybody else's rights away. */
export function privateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { mode } = statSync(folder)
    if ((mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch (error) {
    throw refuse('the state folder cannot be used', error)
  }
}

/**
 * Makes an empty file of mode 0600 before SQLite would make one that others can read; SQLite gives its -wal and -shm
 * files the mode of the database. A symbolic link is refused: its target could be any file of the user.
 * Returns true when the file was not there before.
 */
export function privateFile(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat !== undefined) {
    if (!stat.isFile()) {
      throw new McpWatchError('STATE_FOLDER', `${path} is not a plain file`, {
        hint: 'move it away: a new database is made in its place',
      })
    }
    if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o600)
    return false
  }
  try {
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600))
    return true
  } catch (error) {
    throw refuse('the database cannot be made in the state folder', error)
  }
}
