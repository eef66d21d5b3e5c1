/** Writes ticks and deliveries into one open database. */
import type { Delivery } from '../../shared/model/delivery.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { TickResult } from '../../shared/model/tick.ts'
import type { Db } from './db.ts'
import { lastTickAt } from './memory.ts'
import { LAST_TICK_KEY } from './schema.ts'
import { whole } from './values.ts'
import { createChangeWriter } from './write-changes.ts'
import { createConnectionWriter } from './write-connections.ts'
import { type CoverageState, createCoverageWriter } from './write-coverage.ts'
import { createDeliveryWriter } from './write-deliveries.ts'
import { createFindingWriter } from './write-findings.ts'
import { createKnownDestinationWriter } from './write-known-destinations.ts'
import { createReachedWriter } from './write-reached.ts'
import {
  createDiagnosticWriter,
  createInstanceEnder,
  createInstanceWriter,
  createServerWriter,
} from './write-servers.ts'

/** Each call is one transaction, and throws what SQLite throws. */
export interface TickWriter {
  readonly ticks: (ticks: readonly TickResult[]) => void
  readonly deliveries: (deliveries: readonly Delivery[]) => void
}

/** What the writer knows of the rows; replaced only when its transaction is committed. */
interface Written {
  readonly coverage: CoverageState | null
  readonly heartbeat: EpochMs | null
}

function createOneTick(db: Db): (tick: TickResult, before: Written) => Written {
  const writeServers = createServerWriter(db)
  const writeDiagnostics = createDiagnosticWriter(db)
  const writeInstance = createInstanceWriter(db)
  const endInstance = createInstanceEnder(db)
  const writeConnection = createConnectionWriter(db)
  const writeFinding = createFindingWriter(db)
  const writeKnown = createKnownDestinationWriter(db)
  const writeReached = createReachedWriter(db)
  const writeChanges = createChangeWriter(db)
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
    if (tick.reached) writeReached(tick.reached, before.heartbeat)
    writeChanges(tick.drift)
    const coverage = writeCoverage(tick, before.coverage, before.heartbeat)
    beat.run(whole(tick.at))
    return { coverage, heartbeat: whole(tick.at) }
  }
}

export function createTickWriter(db: Db): TickWriter {
  const writeOne = createOneTick(db)
  const writeAll = db.transaction((ticks: readonly TickResult[], from: Written) => {
    let now = from
    for (const tick of ticks) now = writeOne(tick, now)
    return now
  })
  let written: Written = { coverage: null, heartbeat: lastTickAt(db) }
  return {
    ticks(ticks) {
      written = writeAll.immediate(ticks, written)
    },
    deliveries: createDeliveryWriter(db),
  }
}
