/** The store: one transaction a tick. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { TickResult } from '../../shared/model/tick.ts'
import type { Clock, Log, Store } from '../ports.ts'
import { type Db, openDatabase, type StoreNotice } from './database.ts'
import { lastTickAt, readMemory } from './memory.ts'
import { LAST_TICK_KEY } from './schema.ts'
import { databaseError, isPassing } from './sqlite-error.ts'
import { whole } from './values.ts'
import { createConnectionWriter } from './write-connections.ts'
import { type CoverageState, createCoverageWriter } from './write-coverage.ts'
import { createDeliveryWriter } from './write-deliveries.ts'
import { createFindingWriter } from './write-findings.ts'
import { createKnownDestinationWriter } from './write-known-destinations.ts'
import {
  createDiagnosticWriter,
  createInstanceEnder,
  createInstanceWriter,
  createServerWriter,
} from './write-servers.ts'

export interface StoreDeps {
  /** State folder; made (0700) where it is missing. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
}

export type OpenedStore = Store & { readonly notices: readonly StoreNotice[] }

/** Ticks that a full disk or a locked database kept out wait here, oldest dropped first. */
const MAX_WAITING = 600

/** What the writer knows of the rows; replaced only when its transaction is committed. */
interface Written {
  readonly coverage: CoverageState | null
  readonly heartbeat: EpochMs | null
}

function createTickWriter(db: Db): (tick: TickResult, before: Written) => Written {
  const writeServers = createServerWriter(db)
  const writeDiagnostics = createDiagnosticWriter(db)
  const writeInstance = createInstanceWriter(db)
  const endInstance = createInstanceEnder(db)
  const writeConnection = createConnectionWriter(db)
  const writeFinding = createFindingWriter(db)
  const writeKnown = createKnownDestinationWriter(db)
  const writeCoverage = createCoverageWriter(db)
  const beat = db.prepare(`
    INSERT INTO meta (key, value) VALUES ('${LAST_TICK_KEY}', ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
  return (tick, before) => {
    if (tick.servers !== null) writeServers(tick.servers)
    if (tick.diagnostics !== null) writeDiagnostics(tick.diagnostics)
    for (const instance of tick.instances) writeInstance(instance, tick.at)
    for (const id of tick.ended) endInstance(id, tick.at)
    for (const judged of [...tick.opened, ...tick.updated, ...tick.closed]) writeConnection(judged)
    for (const finding of tick.findings) writeFinding(finding)
    for (const known of tick.learned) writeKnown(known)
    const coverage = writeCoverage(tick, before.coverage, before.heartbeat)
    beat.run(whole(tick.at))
    return { coverage, heartbeat: whole(tick.at) }
  }
}

/**
 * Opens or makes the database of a state folder. Throws McpWatchError: DATABASE_NEWER, STATE_FOLDER, NATIVE_MODULE.
 * `commit` throws when a tick cannot be written; if the reason can pass (disk full, locked) the tick is kept in memory
 * and written, in its order, with the next one.
 */
export function openStore({ folder, clock, log }: StoreDeps): OpenedStore {
  const { db, notices } = openDatabase(folder, clock.wallMs())
  for (const { code, path } of notices) log.warn({ code, path }, 'the database was damaged')
  return { notices, ...storeOver(db) }
}

/** The store over a database that is open and migrated; `close` closes it. */
export function storeOver(db: Db): Store {
  const writeTick = createTickWriter(db)
  const writeAll = db.transaction((ticks: readonly TickResult[], from: Written) => {
    let now = from
    for (const tick of ticks) now = writeTick(tick, now)
    return now
  })
  let written: Written = { coverage: null, heartbeat: lastTickAt(db) }
  let waiting: readonly TickResult[] = []
  const writeDeliveries = createDeliveryWriter(db)
  return {
    memory: () => readMemory(db),
    commit: (tick) => {
      const ticks = [...waiting, tick]
      try {
        written = writeAll.immediate(ticks, written)
        waiting = []
      } catch (error) {
        waiting = isPassing(error) ? ticks.slice(-MAX_WAITING) : []
        throw databaseError(error)
      }
    },
    recordDelivery: (deliveries) => {
      try {
        writeDeliveries(deliveries)
      } catch (error) {
        throw databaseError(error)
      }
    },
    close: () => {
      db.close()
    },
  }
}
