/**
 * What a database has to hold for the next run to go on: kept beside it, so that one that is damaged under the running
 * daemon can be begun anew and no finding is told twice. It holds the very objects that the pipeline holds.
 */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Delivery } from '../../shared/model/delivery.ts'
import type { KnownEntry } from '../../shared/model/drift.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Finding, JudgedConnection } from '../../shared/model/judgement.ts'
import type { KnownDestination, Memory, TickResult } from '../../shared/model/tick.ts'

export interface Mirror {
  readonly committed: (ticks: readonly TickResult[]) => void
  readonly recorded: (deliveries: readonly Delivery[]) => void
  /** Rows were removed: what is kept is what is left of them. */
  readonly removed: (left: Memory) => void
  /** Everything as one tick, to be written first into a new database; null before the first tick of this run. */
  readonly asTick: () => TickResult | null
  readonly deliveries: () => readonly Delivery[]
}

export function createMirror(memory: Memory): Mirror {
  const instances = new Map<string, Instance>()
  const open = new Map<string, JudgedConnection>()
  const findings = new Map<string, Finding>()
  const known = new Map<string, KnownDestination>()
  const entries = new Map<string, KnownEntry>()
  const told = new Map<string, Delivery>()
  let since: EpochMs | null = null
  let last: TickResult | null = null
  let first: EpochMs | null = null
  let servers: TickResult['servers'] = null
  let diagnostics: TickResult['diagnostics'] = null

  const fold = (tick: TickResult): void => {
    last = tick
    first ??= tick.at
    servers = tick.servers ?? servers
    diagnostics = tick.diagnostics ?? diagnostics
    for (const instance of tick.instances) instances.set(instance.id, instance)
    for (const id of tick.ended) instances.delete(id)
    for (const judged of [...tick.opened, ...tick.updated, ...tick.closed]) {
      const { id, closedAt } = judged.connection
      if (closedAt === null) open.set(id, judged)
      else open.delete(id)
    }
    for (const finding of tick.findings) findings.set(finding.id, finding)
    since = tick.drift.since ?? since
    for (const entry of tick.drift.entries) {
      // A new database has no row for servers that are gone, and so no place for what they were.
      if (entry.present) entries.set(entry.serverId, entry)
      else entries.delete(entry.serverId)
    }
    for (const it of tick.learned) known.set(`${it.serverId} ${it.key}`, it)
  }
  const removed = (left: Memory): void => {
    for (const map of [open, findings, known, entries, told]) map.clear()
    for (const judged of left.openConnections) open.set(judged.connection.id, judged)
    for (const it of left.findings) findings.set(it.id, it)
    for (const it of left.knownDestinations) known.set(`${it.serverId} ${it.key}`, it)
    since = left.drift.since
    for (const entry of left.drift.entries) entries.set(entry.serverId, entry)
    for (const it of left.deliveries) told.set(it.findingId, it)
  }
  removed(memory)
  return {
    removed,
    committed: (ticks) => {
      for (const tick of ticks) fold(tick)
    },
    recorded: (deliveries) => {
      for (const delivery of deliveries) told.set(delivery.findingId, delivery)
    },
    asTick: () =>
      last === null
        ? null
        : {
            at: last.at,
            servers,
            diagnostics,
            instances: [...instances.values()],
            ended: [],
            opened: [...open.values()],
            updated: [],
            closed: [],
            findings: [...findings.values()],
            learned: [...known.values()],
            // What became of them before is in the old database alone.
            drift: { since, entries: [...entries.values()], changes: [] },
            coverage: {
              ...last.coverage,
              // What was open and closed again in this run is in the old database alone.
              gaps: [{ from: first ?? last.at, to: last.at, reason: 'not-stored' }],
              counts: { owned: 0, foreign: 0, unknown: 0 },
            },
          },
    deliveries: () => [...told.values()],
  }
}
