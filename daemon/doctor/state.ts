/** What is kept on disk: folder, database, lock and log. Writes nothing. */
import { type Stats, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Facts } from '../../shared/contract/doctor.ts'
import { inspectDatabase, isStateLocked } from '../query/inspect.ts'
import { type LogLine, logFacts } from './log-tail.ts'

export interface StateInput {
  readonly folder: string
  readonly uid: number
  /** The end of the log. */
  readonly lines: readonly LogLine[]
  readonly now: number
}

export function stateFacts({
  folder,
  uid,
  lines,
  now,
}: StateInput): Pick<Facts, 'state' | 'database' | 'lock' | 'log'> {
  const stat = statOf(folder)
  const path = join(folder, 'log')
  const log = statOf(path)
  return {
    state: {
      folder,
      exists: stat !== undefined,
      mode: stat === undefined ? null : (stat.mode & 0o777).toString(8),
      own: stat === undefined ? null : stat.isDirectory() && (stat.uid === uid || uid === 0),
      freeBytes: stat === undefined ? null : freeBytes(folder),
    },
    database: inspectDatabase(folder, now),
    lock: { held: isStateLocked(folder) },
    log: { path, exists: log !== undefined, bytes: log?.size ?? 0, ...logFacts(lines) },
  }
}

/** Undefined also below what is no folder (ENOTDIR) and where it may not be looked at. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
