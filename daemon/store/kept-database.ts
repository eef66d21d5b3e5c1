/**
 * The database of a running daemon, kept usable: one that is damaged is set aside and begun anew with what the daemon
 * knows; one that was taken away, or had another put in its place, is put back.
 */
import { McpWatchError } from '../../shared/errors.ts'
import type { Clock, Log } from '../ports.ts'
import {
  beginAnew,
  checkFile,
  type OpenedDatabase,
  openDatabase,
  putBack,
  type StoreNotice,
} from './database.ts'
import { createDatabaseFile, type DatabaseFile } from './database-file.ts'
import type { Db } from './db.ts'
import { privateFolder } from './folder.ts'
import type { Mirror } from './mirror.ts'
import { DATABASE_FILE } from './schema.ts'
import { isCorrupt } from './sqlite-error.ts'
import { createTickWriter, type TickWriter } from './tick-writer.ts'

export interface KeptDatabaseDeps {
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  /** Told of what was done about it while it ran. */
  readonly onNotice: (notice: StoreNotice) => void
  readonly asOwner: <T>(work: () => T) => T
  /** False: another daemon has the folder now, whose database is not to be touched. */
  readonly isOurs: () => boolean
  readonly mirror: () => Mirror
}

export interface KeptDatabase {
  /** The database as it is now, looked after at most every two seconds. Throws McpWatchError. */
  current(): OpenDatabase
  /** It turned out to be damaged. Throws McpWatchError when no new one can be begun. */
  replace(): OpenDatabase
  /** A write failed: look after it before the next one. */
  suspect(): void
  close(): void
}

/** Of this moment: the next call may give another handle, so nothing is to be kept that was prepared over this one. */
export interface OpenDatabase {
  readonly db: Db
  readonly writer: TickWriter
  /** Runs other work of ours on it. */
  readonly tend: <T>(work: (db: Db) => T) => T
}

interface Held extends OpenDatabase {
  readonly file: DatabaseFile
}

const LOOK_EVERY_MS = 2_000
/** Checking a large database takes a while: whoever touches it again and again must not keep us from watching. */
const REST_FACTOR = 20

export function keepDatabase(deps: KeptDatabaseDeps, first: Db): KeptDatabase {
  const { folder, clock, log, mirror, onNotice, asOwner } = deps
  const path = `${folder}/${DATABASE_FILE}`
  let held: Held | null = hold(first, path)
  let lookAt = clock.monotonicMs() + LOOK_EVERY_MS

  /** Replaces what is held by what `open` gives; what was held may be closed even when it throws. */
  const swap = (open: () => OpenedDatabase): Held => {
    try {
      const { db, notices } = asOwner(open)
      held = hold(db, path)
      for (const notice of notices) {
        log.warn(notice, 'the database was replaced while it was open')
        onNotice(notice)
      }
    } catch (error) {
      if (held?.db.open === false) held = null
      throw error
    }
    return held
  }
  const seeded = (now: Held): Held => {
    const { asTick, deliveries } = mirror()
    const everything = asTick()
    if (everything !== null) now.writer.ticks([everything])
    now.writer.deliveries(deliveries())
    return now
  }
  const begin = (now: Held | null): Held =>
    seeded(
      swap(() =>
        now === null
          ? openDatabase(folder, clock.wallMs())
          : beginAnew(now.db, folder, clock.wallMs()),
      ),
    )
  const lookAfter = (now: Held): Held => {
    const started = clock.monotonicMs()
    lookAt = started + LOOK_EVERY_MS
    switch (now.file.look()) {
      case 'same':
      case 'unknown':
        return now
      case 'gone':
      case 'other':
        return swap(() => ours(deps, () => putBack(now.db, folder, clock.wallMs())))
      case 'written': {
        const isDamaged = fails(folder)
        const ended = clock.monotonicMs()
        lookAt = Math.max(lookAt, ended + REST_FACTOR * (ended - started))
        if (isDamaged) return begin(now)
        now.file.settle()
        return now
      }
    }
  }
  return {
    current() {
      if (held === null) return begin(null)
      return clock.monotonicMs() < lookAt ? held : lookAfter(held)
    },
    replace: () => begin(held),
    suspect() {
      lookAt = Number.NEGATIVE_INFINITY
    },
    close() {
      held?.db.close()
      held = null
    },
  }
}

function hold(db: Db, path: string): Held {
  const file = createDatabaseFile(path)
  const writer = createTickWriter(db)
  return {
    db,
    file,
    writer: {
      ticks: (ticks) => file.writing(() => writer.ticks(ticks)),
      deliveries: (deliveries) => file.writing(() => writer.deliveries(deliveries)),
    },
    tend: (work) => file.writing(() => work(db)),
  }
}

/** The folder itself may be gone, so it is made first: the lock is in it. */
function ours(
  { folder, isOurs }: Pick<KeptDatabaseDeps, 'folder' | 'isOurs'>,
  open: () => OpenedDatabase,
): OpenedDatabase {
  privateFolder(folder)
  if (isOurs()) return open()
  throw new McpWatchError('DAEMON_RUNNING', 'another mcp-watch has taken the state folder', {
    hint: 'end one of the two',
  })
}

/** A lock or a missing right is no damage. */
function fails(folder: string): boolean {
  try {
    checkFile(folder)
    return false
  } catch (error) {
    return isCorrupt(error)
  }
}
