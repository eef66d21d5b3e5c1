/** How often clients were seen connecting to their remote servers. */
import type { EntryJson, ReachedJson } from '../../shared/contract/common.ts'
import { iso } from '../../shared/text/iso.ts'
import type { Labels } from './labels.ts'
import type { Db } from './rows.ts'
import type { Window } from './window.ts'

export interface ReachedRow {
  readonly serverId: string
  readonly client: string
  readonly address: string
  readonly port: number
  readonly firstSeen: number
  readonly lastSeen: number
  readonly connections: number
  readonly open: number
}

/** Addresses are as many as a content network gives; nobody reads more. */
const MOST_ADDRESSES = 20

/** By server; what was seen in the window, with all that was counted of it. `heartbeat`: of the last tick. */
export function readReached(
  db: Db,
  window: Window,
  heartbeat: number,
  labels: Labels,
): ReadonlyMap<string, ReachedJson> {
  const rows = reachedRows(db, window, heartbeat)
  const byServer = groupBy(rows, ({ serverId }) => serverId)
  const byPlace = groupBy(rows, placeOf)
  return new Map(
    [...byServer].map(([id, own]) => [id, reachedJson(id, own, byPlace, labels)] as const),
  )
}

/** What was seen in the window, the newest first. */
export function reachedRows(db: Db, window: Window, heartbeat: number): readonly ReachedRow[] {
  return db
    .prepare<unknown[], ReachedRow>(
      `SELECT r.server_id AS serverId, s.client, r.address, r.port, r.first_seen AS firstSeen,
         CASE WHEN r.open > 0 THEN max(r.last_seen, @heartbeat) ELSE r.last_seen END AS lastSeen,
         r.connections, r.open
       FROM reached r JOIN server s ON s.id = r.server_id ORDER BY r.last_seen DESC, r.address`,
    )
    .all({ heartbeat })
    .filter(({ firstSeen, lastSeen }) => firstSeen <= window.to && lastSeen >= window.from)
}

function reachedJson(
  id: string,
  rows: readonly ReachedRow[],
  byPlace: ReadonlyMap<string, readonly ReachedRow[]>,
  labels: Labels,
): ReachedJson {
  const sum = (of: (row: ReachedRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  return {
    connections: sum(({ connections }) => connections),
    open: sum(({ open }) => open),
    firstSeen: iso(Math.min(...rows.map(({ firstSeen }) => firstSeen))),
    lastSeen: iso(Math.max(...rows.map(({ lastSeen }) => lastSeen))),
    addresses: rows.map(({ address }) => address).slice(0, MOST_ADDRESSES),
    shared: sharedWith(id, rows, byPlace, labels),
  }
}

/** Other entries of the same client with one of these addresses and ports: each connection is to one of them. */
function sharedWith(
  id: string,
  rows: readonly ReachedRow[],
  byPlace: ReadonlyMap<string, readonly ReachedRow[]>,
  labels: Labels,
): EntryJson[] {
  const others = rows.flatMap((row) => byPlace.get(placeOf(row)) ?? [])
  const ids = new Set(others.map(({ serverId }) => serverId))
  ids.delete(id)
  return [...ids].sort().flatMap((other) => labels.get(other) ?? [])
}

function placeOf({ client, address, port }: ReachedRow): string {
  return JSON.stringify([client, address, port])
}

function groupBy(
  rows: readonly ReachedRow[],
  keyOf: (row: ReachedRow) => string,
): ReadonlyMap<string, readonly ReachedRow[]> {
  const groups = new Map<string, ReachedRow[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}
