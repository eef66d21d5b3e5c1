/** The store: one transaction a tick. */
import type { Memory, TickResult } from '../../shared/model/tick.ts'
import type { Clock, Log, Store } from '../ports.ts'
import { addTick, type Backlog, backlogGap, NO_BACKLOG } from './backlog.ts'
import { openDatabase, type StoreNotice } from './database.ts'
import type { Db } from './db.ts'
import { type KeptDatabase, keepDatabase, type OpenDatabase } from './kept-database.ts'
import { readMemory } from './memory.ts'
import { createMirror, type Mirror } from './mirror.ts'
import { databaseError, isCorrupt, isPassing } from './sqlite-error.ts'
import { createTickWriter } from './tick-writer.ts'

export interface StoreDeps {
  /** State folder; made (0700) where it is missing. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  /** What is done with a database that is damaged when it is opened; without it, it is set aside and begun anew. */
  readonly damaged?: 'replace' | 'leave'
  /** Told when the database was set aside or put back while it was open. */
  readonly onNotice?: (notice: StoreNotice) => void
  /** Makes and renames files as the user whose they are, where that is not this process' user. */
  readonly asOwner?: <T>(work: () => T) => T
  /** Whether the folder is still this daemon's own, so that a database that is gone may be put back. */
  readonly isOurs?: () => boolean
}

/** `notices`: what was done when it was opened. */
export type OpenedStore = Store & {
  readonly notices: readonly StoreNotice[]
  /**
   * Other work on the database than a tick's, some milliseconds of it. It may be another one than at the last call.
   * Throws McpWatchError.
   */
  tend<T>(work: (db: Db) => T): T
  /** To be called when a user had rows removed: a database begun anew must not bring them back. */
  readonly removed: () => void
}

/**
 * Opens or makes the database of a state folder. Throws McpWatchError: DATABASE_NEWER, STATE_FOLDER, NATIVE_MODULE, and
 * DATABASE_CORRUPT where a damaged one is to be left.
 * `commit` throws when a tick cannot be written; if the reason can pass (disk full, locked) the tick is kept in memory
 * and written, in its order, with the next one. A database that is damaged or taken away meanwhile is begun anew or
 * put back: then nothing is thrown.
 */
export function openStore(deps: StoreDeps): OpenedStore {
  const { folder, clock, log } = deps
  const { db, notices } = openDatabase(folder, clock.wallMs(), deps.damaged)
  for (const notice of notices) log.warn(notice, 'the database was damaged')
  let mirror: Mirror | null = null
  // The mirror holds the very objects that are handed out: a second reading would hold all of them twice.
  const memory = (): Memory => {
    const read = readMemory(kept.current().db)
    mirror ??= createMirror(read)
    return read
  }
  const mirrored = (): Mirror => {
    mirror ??= createMirror(readMemory(kept.current().db))
    return mirror
  }
  const kept = keepDatabase(
    {
      folder,
      clock,
      log,
      onNotice: deps.onNotice ?? (() => undefined),
      asOwner: deps.asOwner ?? ((work) => work()),
      isOurs: deps.isOurs ?? (() => true),
      mirror: mirrored,
    },
    db,
  )
  return { notices, ...storeIn(kept, memory, mirrored) }
}

function storeIn(
  kept: KeptDatabase,
  memory: () => Memory,
  mirror: () => Mirror,
): Omit<OpenedStore, 'notices'> {
  let backlog: Backlog = NO_BACKLOG
  return {
    memory: () => told(memory),
    commit: (tick) => {
      mirror()
      backlog = addTick(backlog, tick)
      const gap = backlogGap(backlog, tick.at)
      const ticks =
        gap === null ? backlog.ticks : [...backlog.ticks.slice(0, -1), telling(tick, gap)]
      try {
        withDatabase(kept, ({ writer }) => writer.ticks(ticks))
        mirror().committed(backlog.ticks)
        backlog = NO_BACKLOG
      } catch (error) {
        if (!isPassing(error)) backlog = writeEach(kept, mirror(), backlog)
        throw databaseError(error)
      }
    },
    recordDelivery: (deliveries) => {
      // Decided, whether or not it can be written now.
      mirror().recorded(deliveries)
      told(() => withDatabase(kept, ({ writer }) => writer.deliveries(deliveries)))
    },
    tend: (work) => told(() => withDatabase(kept, ({ tend }) => tend(work))),
    removed: () => told(() => mirror().removed(readMemory(kept.current().db))),
    close: () => kept.close(),
  }
}

function telling(tick: TickResult, gap: TickResult['coverage']['gaps'][number]): TickResult {
  const { coverage } = tick
  return { ...tick, coverage: { ...coverage, gaps: [...coverage.gaps, gap] } }
}

/** With a new database in place of one that turns out to be damaged. Throws what SQLite throws. */
function withDatabase<T>(kept: KeptDatabase, work: (open: OpenDatabase) => T): T {
  try {
    return work(kept.current())
  } catch (error) {
    kept.suspect()
    if (!isCorrupt(error)) throw error
    return work(kept.replace())
  }
}

/** No column takes one of the ticks: the others are written by themselves, and what could not be is said. */
function writeEach(kept: KeptDatabase, mirror: Mirror, { ticks, lost }: Backlog): Backlog {
  let left: Backlog = { ticks: [], lost }
  for (const tick of ticks) {
    try {
      withDatabase(kept, ({ writer }) => writer.ticks([tick]))
      mirror.committed([tick])
    } catch (error) {
      if (isPassing(error)) left = addTick(left, tick)
      else left = { ...left, lost: { from: left.lost?.from ?? tick.at, to: tick.at } }
    }
  }
  return left
}

/** Runs it, and tells in McpWatchError what SQLite throws. */
function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw databaseError(error)
  }
}

/** The store over a database of this process alone; `close` closes it. */
export function storeOver(db: Db): Store {
  const writer = createTickWriter(db)
  return {
    memory: () => readMemory(db),
    commit: (tick) => told(() => writer.ticks([tick])),
    recordDelivery: (deliveries) => told(() => writer.deliveries(deliveries)),
    close: () => {
      db.close()
    },
  }
}
