/** The daemon's log: a file in the state folder, readable by its owner, begun anew when it has grown large. */
import { chmodSync, lstatSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { McpWatchError } from '../../shared/errors.ts'
import type { Log } from '../ports.ts'

const LARGE_BYTES = 5 * 1024 * 1024
/** What a full disk keeps out waits in memory, up to this. */
const WAITING_BYTES = 64 * 1024

export interface LogFile {
  readonly path: string
  readonly log: Log
  /** Goes on in a new file where the old one was removed. */
  reopen(): void
  close(): void
}

/** `log` in the state folder; a large one becomes `log.1`. Lines are written at once, so a crash loses none. */
export function openLog(stateFolder: string): LogFile {
  const path = join(stateFolder, 'log')
  try {
    const before = lstatSync(path, { throwIfNoEntry: false })
    // Opening a FIFO would wait for its reader; a link could lead to any file of the user.
    if (before !== undefined && !before.isFile()) throw new Error('not a plain file')
    if (before !== undefined && before.size > LARGE_BYTES) renameSync(path, `${path}.1`)
    const destination = pino.destination({
      dest: path,
      append: true,
      sync: true,
      mode: 0o600,
      maxLength: WAITING_BYTES,
    })
    // A full disk: what cannot be written is dropped, and the daemon goes on. Without a listener it would end.
    destination.on('error', () => undefined)
    chmodSync(path, 0o600)
    const log = pino({ base: null, serializers: { err: errorSummary } }, destination)
    return { path, log, reopen: () => destination.reopen(), close: () => destination.end() }
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `the log ${path} cannot be written`, {
      hint: 'see that it is a plain file, the state folder is writable and its disk is not full',
      cause,
    })
  }
}

/** Code and message only: a stack or a cause may quote what was read. */
function errorSummary(error: unknown): object {
  if (error instanceof McpWatchError) {
    const cause = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException).code : null
    return { code: error.code, message: error.message, cause: cause ?? null }
  }
  if (error instanceof Error) return { code: error.name, message: error.message }
  return { code: 'unknown' }
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
