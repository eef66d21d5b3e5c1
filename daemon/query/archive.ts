/** What was recorded, over a handle that cannot write: for the API, and for the command line without a daemon. */
import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import type { Connections, Destinations, Findings, Servers } from '../../shared/contract/answers.ts'
import type { FindingJson } from '../../shared/contract/common.ts'
import type { ExportRow } from '../../shared/contract/data.ts'
import type { FindingDetail } from '../../shared/contract/finding-detail.ts'
import type { History } from '../../shared/contract/history.ts'
import type { Report } from '../../shared/contract/report.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Clock, Store } from '../ports.ts'
import { databaseVersion, guard, openMemoryDatabase } from '../store/database.ts'
import { lastTickAt } from '../store/memory.ts'
import { DATABASE_FILE, DATABASE_VERSION } from '../store/schema.ts'
import { databaseError, sqliteCode } from '../store/sqlite-error.ts'
import { storeOver } from '../store/store.ts'
import { dataStats, type StoredStats } from './data-stats.ts'
import { exportRows } from './export.ts'
import { type Filter, selectServers } from './filter.ts'
import { findingDetail } from './finding-detail.ts'
import { readLastFindings } from './findings.ts'
import { history } from './history.ts'
import { connections, destinations, findings, report, servers } from './report.ts'
import { readServers } from './rows.ts'
import type { Window } from './window.ts'

/** Each answer is of one moment of the database. Throws McpWatchError, as UNKNOWN_SERVER for a filter's name. */
export interface Archive {
  report(window: Window, filter: Filter): Report
  servers(): Servers
  destinations(window: Window, filter: Filter): Destinations
  /** At most `limit`, the newest. */
  connections(window: Window, filter: Filter, limit: number): Connections
  findings(window: Window, filter: Filter): Findings
  history(window: Window, filter: Filter): History
  /** The newest of each server that has one. */
  lastFindings(): readonly FindingJson[]
  /** By the beginning of its id. Throws UNKNOWN_FINDING. */
  finding(prefix: string): FindingDetail
  /** The servers that the filter names. */
  serverIds(filter: Filter): readonly ServerId[]
  stats(): StoredStats
  /** In pages, each of one moment. */
  exported(window: Window, filter: Filter): Generator<readonly ExportRow[]>
  close(): void
}

export interface ArchiveDeps {
  /** State folder. */
  readonly folder: string
  /** Wall time in epoch ms. */
  readonly now?: () => number
}

const MAX_COPY_BYTES = 512 * 1024 * 1024

function noData(): McpWatchError {
  return new McpWatchError('NO_DATA', 'nothing has been recorded yet', {
    hint: 'run `mcp-watch start` and leave it running',
  })
}

function open(path: string): Database.Database {
  const found = entryAt(path)
  if (found === undefined) throw noData()
  // Opening a FIFO would wait for ever, and a link could lead anywhere.
  if (!found.isFile()) {
    throw new McpWatchError('STATE_FOLDER', `${path} is not a file`, {
      hint: 'move it away; `mcp-watch start` makes a new database',
    })
  }
  return usable(new Database(path, { readonly: true, fileMustExist: true }), () => copyOf(path))
}

function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOTDIR') throw cause
    throw new McpWatchError('STATE_FOLDER', `${dirname(path)} is not a folder`, {
      hint: 'move away what is in its place, or set XDG_STATE_HOME; `mcp-watch start` makes the folder',
      cause,
    })
  }
}

/** Throws what is wrong with it. `other` is tried where SQLite cannot make the files that it needs beside it. */
function usable(
  db: Database.Database,
  other: (() => Database.Database | null) | null,
): Database.Database {
  try {
    guard(db)
    const version = databaseVersion(db)
    if (version === 0) throw noData()
    if (version < DATABASE_VERSION) {
      throw new McpWatchError('NO_DATA', 'the database is of an earlier mcp-watch', {
        hint: 'run `mcp-watch start` once: it brings the database up to date',
      })
    }
    return db
  } catch (error) {
    db.close()
    const copy = sqliteCode(error) === 'SQLITE_CANTOPEN' ? (other?.() ?? null) : null
    if (copy !== null) return usable(copy, null)
    throw error
  }
}

/**
 * In a folder that cannot be written to, a database in WAL mode cannot even be read (https://www.sqlite.org/wal.html,
 * "Read-only databases"). Nobody writes there, so that a copy in memory is as good, marked as no WAL database in bytes
 * 18 and 19 of its header. Null where there is a journal that it would miss, or it is too large.
 */
function copyOf(path: string): Database.Database | null {
  const journal = lstatSync(`${path}-wal`, { throwIfNoEntry: false })
  if ((journal?.size ?? 0) > 0 || lstatSync(path).size > MAX_COPY_BYTES) return null
  const bytes = readFileSync(path)
  bytes.fill(1, 18, 20)
  return new Database(bytes, { readonly: true })
}

/** Runs a question, and tells in McpWatchError what SQLite throws. */
function ask<T>(question: () => T): T {
  try {
    return question()
  } catch (error) {
    throw databaseError(error)
  }
}

function archiveOver({ current, close }: Handle, now: () => number): Archive {
  // A read transaction, so that a tick committed meanwhile cannot be in one half of an answer only.
  const atOnce = <T>(question: (db: Database.Database) => T): T =>
    ask(() => {
      const db = current()
      return db.transaction(question).deferred(db)
    })
  return {
    report: (window, filter) => atOnce((db) => report(db, window, filter, now())),
    servers: () => atOnce((db) => servers(db, now())),
    destinations: (window, filter) => atOnce((db) => destinations(db, window, filter)),
    connections: (window, filter, limit) => atOnce((db) => connections(db, window, filter, limit)),
    findings: (window, filter) => atOnce((db) => findings(db, window, filter)),
    history: (window, filter) => atOnce((db) => history(db, window, filter)),
    lastFindings: () => atOnce((db) => readLastFindings(db, readServers(db))),
    finding: (prefix) => atOnce((db) => findingDetail(db, prefix)),
    serverIds: (filter) =>
      atOnce((db) => selectServers(readServers(db), filter).map(({ id }) => id as ServerId)),
    stats: () => atOnce(dataStats),
    *exported(window, filter) {
      const pages = ask(() => {
        const db = current()
        const servers = selectServers(readServers(db), filter)
        return exportRows(db, { window, heartbeat: lastTickAt(db) ?? 0, servers })
      })
      for (let page = ask(() => pages.next()); page.done !== true; page = ask(() => pages.next()))
        yield page.value
    },
    close,
  }
}

interface Handle {
  readonly current: () => Database.Database
  readonly close: () => void
}

/** The daemon begins a database anew where its own was damaged or taken away: then the new file is read. */
function followingHandle(path: string): Handle {
  let db = open(path)
  let file = fileAt(path)
  return {
    current() {
      const now = fileAt(path)
      // While there is none, the old one still answers.
      if (now === file || now === null) return db
      const next = open(path)
      db.close()
      db = next
      file = now
      return db
    },
    close: () => {
      db.close()
    },
  }
}

function fileAt(path: string): string | null {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

/** Opens the database of a state folder for reading. Throws NO_DATA, DATABASE_NEWER or DATABASE_CORRUPT. */
export function openArchive({ folder, now = Date.now }: ArchiveDeps): Archive {
  return archiveOver(
    ask(() => followingHandle(join(folder, DATABASE_FILE))),
    now,
  )
}

/** A store and its archive in memory, for one look that leaves nothing behind. Closing one closes both. */
export function openMemoryArchive(clock: Clock): {
  readonly store: Store
  readonly archive: Archive
} {
  const db = openMemoryDatabase()
  return {
    store: storeOver(db),
    archive: archiveOver({ current: () => db, close: () => void db.close() }, () => clock.wallMs()),
  }
}
