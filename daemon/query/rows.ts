/** The rows that several questions start from, and the SQL that gets them. */
import type Database from 'better-sqlite3'
import { ANSWERED_REASONS, type AnsweredReason } from '../../shared/contract/common.ts'
import type { Quality } from '../../shared/model/attribution.ts'
import type { Expectation, ExpectationSource, NameSource } from '../../shared/model/judgement.ts'
import type { Transport } from '../../shared/model/server.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
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
  /** JSON array of texts. */
  readonly rules: string
}

/** Every server ever configured, ordered by client, name and then what makes the order a fixed one. */
export function readServers(db: Db): readonly ServerRow[] {
  return db
    .prepare<unknown[], ServerRow>(
      `SELECT id, client, name, source, scope, transport, disabled, configured,
         package_name AS packageName, package_version AS packageVersion, expectation,
         expectation_source AS expectationSource, rules
       FROM server ORDER BY client, name, source, scope, id`,
    )
    .all()
}

/** One instance under one of its servers. `seenAt` is the tick that first had it. */
export interface InstanceRow {
  readonly id: string
  readonly serverId: string
  readonly rootPid: number
  readonly client: string | null
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
      `SELECT i.id, s.server_id AS serverId, i.root_pid AS rootPid, i.client,
         i.client_pid AS clientPid, i.started_at AS startedAt, i.seen_at AS seenAt, i.ended_at AS endedAt, i.quality,
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
    .prepare<unknown[], string>('SELECT id FROM server WHERE ran_at <= ?')
    .pluck()
    .all(to)
  return new Set(ids)
}

/** Ids of the servers of which that could not be seen at that moment for this reason. */
/** Entries on this machine that somebody answers for, with the first reason why nobody is shown as them. */
export function readAnswered(db: Db, at: number): ReadonlyMap<string, AnsweredReason> {
  const rows = db
    .prepare<unknown[], { serverId: string; reason: AnsweredReason }>(
      `SELECT server_id AS serverId, reason FROM not_observed
       WHERE reason IN (SELECT value FROM json_each(@reasons))
         AND from_at <= @at AND (to_at IS NULL OR to_at >= @at)`,
    )
    .all({ reasons: JSON.stringify(ANSWERED_REASONS), at })
  return new Map(
    ANSWERED_REASONS.toReversed().flatMap((reason) =>
      rows.filter((row) => row.reason === reason).map((row) => [row.serverId, reason] as const),
    ),
  )
}

export function readNotObserved(
  db: Db,
  reason: NotObservedReason,
  at: number,
): ReadonlySet<string> {
  const ids = db
    .prepare<unknown[], string>(
      `SELECT server_id FROM not_observed
       WHERE reason = @reason AND from_at <= @at AND (to_at IS NULL OR to_at >= @at)`,
    )
    .pluck()
    .all({ reason, at })
  return new Set(ids)
}

export interface NameRow {
  readonly destination: number
  readonly name: string
  readonly source: NameSource
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
