/**
 * Whether the file at the database's path is still the one that was opened, and whether somebody else wrote to it. Told
 * by stat(2) alone: opening and closing it would drop the locks that SQLite holds on it (fcntl(2), POSIX record locks).
 */
import { type BigIntStats, statSync } from 'node:fs'

/** `unknown`: it may not be looked at now, which proves nothing. */
export type FileState = 'same' | 'written' | 'gone' | 'other' | 'unknown'

export interface DatabaseFile {
  look(): FileState
  /** Runs something of ours that may write to it; what was written before or after it was written by somebody else. */
  writing<T>(work: () => T): T
  /** What was written until now is known. */
  settle(): void
}

/** To be made right after the database was opened. */
export function createDatabaseFile(path: string): DatabaseFile {
  const opened = statOf(path)
  let stamp = stampOf(opened)
  let isWritten = false
  const isOurs = (now: Stat): now is BigIntStats =>
    typeof now === 'object' &&
    typeof opened === 'object' &&
    now.dev === opened.dev &&
    now.ino === opened.ino
  return {
    look() {
      const now = statOf(path)
      if (now === 'gone' || now === 'unknown') return now
      if (!isOurs(now)) return 'other'
      return isWritten || stampOf(now) !== stamp ? 'written' : 'same'
    },
    writing(work) {
      const before = statOf(path)
      isWritten ||= isOurs(before) && stampOf(before) !== stamp
      try {
        return work()
      } finally {
        const after = statOf(path)
        if (isOurs(after)) stamp = stampOf(after)
      }
    },
    settle() {
      const now = statOf(path)
      if (isOurs(now)) stamp = stampOf(now)
      isWritten = false
    },
  }
}

type Stat = BigIntStats | 'gone' | 'unknown'

function statOf(path: string): Stat {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unknown'
  }
}

/** In WAL mode the file itself changes only when a checkpoint moves pages into it. */
function stampOf(stat: Stat): string {
  return typeof stat === 'object' ? `${stat.size} ${stat.mtimeNs}` : ''
}
