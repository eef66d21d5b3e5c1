/** The rows that several questions start from, and the SQL that gets them. */
import type Database from 'better-sqlite3'
import type { Quality, Role } from '../../shared/model/attribution.ts'
import type { Outcome } from '../../shared/model/connection.ts'
import type {
  Expectation,
  ExpectationSource,
  Scope,
  TrafficClass,
  Verdict,
  VerdictReason,
} from '../../shared/model/judgement.ts'
import type { Protocol } from '../../shared/model/observation.ts'
import type { Transport } from '../../shared/model/server.ts'
import type { Window } from './window.ts'

export type Db = Database.Database

export interface ServerRow {
  readonly id: string
  readonly client: string
  readonly name: string
  readonly source: string
  readonly scope: string
  readonly transport: Transport
  readonly disabled: number
  readonly configured: number
  readonly packageName: string | null
  readonly packageVersion: string | null
  readonly expectation: Expectation
  readonly expectationSource: ExpectationSource
}

/** Every server ever configured, ordered by client, name and then what makes the order a fixed one. */
export function readServers(db: Db): readonly ServerRow[] {
  return db
    .prepare<unknown[], ServerRow>(
      `SELECT id, client, name, source, scope, transport, disabled, configured,
         package_name AS packageName, package_version AS packageVersion, expectation,
         expectation_source AS expectationSource
       FROM server ORDER BY client, name, source, scope, id`,
    )
    .all()
}

/** One instance under one of its servers. `seenAt` is the tick that first had it. */
export interface InstanceRow {
  readonly id: string
  readonly serverId: string
  readonly rootPid: number
  readonly clientPid: number | null
  readonly startedAt: number
  readonly seenAt: number
  readonly endedAt: number | null
  readonly quality: Quality
  readonly reasons: string
  readonly orphaned: number
}

/** Instances that ran in the window; open ones are known to have run until the heartbeat. */
export function readInstances(db: Db, window: Window, heartbeat: number): readonly InstanceRow[] {
  return db
    .prepare<unknown[], InstanceRow>(
      `SELECT i.id, s.server_id AS serverId, i.root_pid AS rootPid, i.client_pid AS clientPid,
         i.started_at AS startedAt, i.seen_at AS seenAt, i.ended_at AS endedAt, i.quality,
         i.reasons, i.orphaned
       FROM (
         SELECT * FROM instance WHERE ended_at IS NULL AND @heartbeat >= @from
         UNION ALL SELECT * FROM instance WHERE ended_at >= @from) i
       JOIN instance_server s ON s.instance_id = i.id
       WHERE i.seen_at <= @to ORDER BY i.started_at, i.id`,
    )
    .all({ ...window, heartbeat })
}

/** Ids of the servers that ever had an instance up to then. */
export function readEverSeen(db: Db, to: number): ReadonlySet<string> {
  const ids = db
    .prepare<unknown[], string>(
      `SELECT id FROM server v WHERE EXISTS (SELECT 1 FROM instance_server s
         JOIN instance i ON i.id = s.instance_id WHERE s.server_id = v.id AND i.seen_at <= ?)`,
    )
    .pluck()
    .all(to)
  return new Set(ids)
}

/** What one process of one instance had to do with one destination in the window. */
export interface ContactRow {
  readonly instance: string
  readonly destination: number
  readonly protocol: Protocol
  readonly address: string
  readonly zone: string
  readonly port: number
  readonly direction: 'outbound' | 'inbound'
  readonly scope: Scope
  readonly trafficClass: TrafficClass
  readonly verdict: Verdict
  readonly reason: VerdictReason
  readonly relayed: number
  readonly inherited: number
  readonly outcome: Outcome
  readonly ownerPid: number | null
  readonly ownerRole: Role | null
  readonly ownerExecutable: string | null
  readonly candidates: string
  readonly connections: number
  readonly open: number
  readonly firstSeen: number
  readonly lastSeen: number
}

/**
 * The inner selects read nothing but the two partial indexes, so that the cost goes with the connections of the
 * window. An open connection was last seen at the heartbeat.
 */
const CONTACTS = `
  SELECT c.instance_id AS instance, d.id AS destination, d.protocol, d.address, d.zone, d.port,
    d.direction, c.scope, c.traffic_class AS trafficClass, c.verdict, c.reason, c.relayed,
    c.inherited, c.outcome, c.owner_pid AS ownerPid, c.owner_role AS ownerRole,
    c.owner_executable AS ownerExecutable, c.candidates, g.connections, g.open, g.firstSeen,
    g.lastSeen
  FROM (
    SELECT contact_id, count(*) AS connections, sum(open) AS open, min(first_seen) AS firstSeen,
      max(last_seen) AS lastSeen
    FROM (
      SELECT contact_id, first_seen, @heartbeat AS last_seen, 1 AS open
      FROM connection INDEXED BY connection_open
      WHERE closed_at IS NULL AND first_seen <= @to AND @heartbeat >= @from
      UNION ALL
      SELECT contact_id, first_seen, last_seen, closed_at > @to AS open
      FROM connection INDEXED BY connection_closed
      WHERE closed_at IS NOT NULL AND last_seen >= @from AND first_seen <= @to)
    GROUP BY contact_id) g
  JOIN contact c ON c.id = g.contact_id
  JOIN destination d ON d.id = c.destination_id`

export function readContacts(db: Db, window: Window, heartbeat: number): readonly ContactRow[] {
  return db.prepare<unknown[], ContactRow>(CONTACTS).all({ ...window, heartbeat })
}

export interface NameRow {
  readonly destination: number
  readonly name: string
  readonly source: 'registry' | 'listener' | 'expected-host'
  readonly at: number
}

/** Names by destination, newest first. */
export function readNames(db: Db): ReadonlyMap<number, readonly NameRow[]> {
  const rows = db
    .prepare<unknown[], NameRow>(
      `SELECT destination_id AS destination, name, source, at FROM name
       ORDER BY destination_id, at DESC, name, source`,
    )
    .all()
  const names = new Map<number, NameRow[]>()
  for (const row of rows) {
    const list = names.get(row.destination)
    if (list === undefined) names.set(row.destination, [row])
    else list.push(row)
  }
  return names
}

/** The servers of each instance: several when its quality is `one-of`. */
export function readServersOfInstances(db: Db): ReadonlyMap<string, readonly string[]> {
  const rows = db
    .prepare<unknown[], [string, string]>(
      'SELECT instance_id, server_id FROM instance_server ORDER BY instance_id, server_id',
    )
    .raw()
    .all()
  const servers = new Map<string, string[]>()
  for (const [instance, server] of rows) {
    const list = servers.get(instance)
    if (list === undefined) servers.set(instance, [server])
    else list.push(server)
  }
  return servers
}
