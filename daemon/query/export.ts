/**
 * Everything that is kept of a window, row by row: single connections as far back as there are any, before that the sums
 * of hours, before that those of days. Read a page at a time, so that a slow reader keeps no lock on the journal.
 */
import type { ExportRow } from '../../shared/contract/data.ts'
import { iso } from '../../shared/text/iso.ts'
import { DAY_MS, dayOf, HOUR_MS, HOURS_A_DAY, hourOf, readFloors } from '../store/calendar.ts'
import { FURTHER_DESTINATIONS } from '../store/patterns.ts'
import { addressText } from './destinations.ts'
import { exportReached } from './export-reached.ts'
import type { Db, NameRow, ServerRow } from './rows.ts'
import { readNames } from './rows.ts'
import type { Window } from './window.ts'

const PAGE = 2_000

export interface ExportInput {
  readonly window: Window
  readonly heartbeat: number
  readonly servers: readonly ServerRow[]
}

type Kind = Exclude<ExportRow['kind'], 'reached'>

interface Row
  extends Omit<ExportRow, 'kind' | 'from' | 'to' | 'server' | 'client' | 'names' | 'address'> {
  readonly destination: number
  readonly address: string
  readonly zone: string
  readonly from: number
  readonly to: number
}

/** A row and where the next page goes on after it. */
type Keyed = Row & { readonly key1: number; readonly key2: number }

const OF_SERVERS = 'IN (SELECT value FROM json_each(@servers))'

const JUDGED = (of: string): string => `
  d.id AS destination, d.protocol, d.address, d.zone, d.port, d.direction, ${of}.scope,
  ${of}.traffic_class AS trafficClass, ${of}.verdict, ${of}.reason, ${of}.outcome,
  ${of}.owner_role AS role, ${of}.owner_executable AS executable`

/** By row id, that is in the order in which they were seen first; `@a` is the last row id of the page before. */
const CONNECTIONS = `
  SELECT n.rowid AS key1, 0 AS key2, s.server_id AS serverId, ${JUDGED('c')}, c.owner_pid AS pid,
    n.first_seen AS "from", CASE WHEN n.closed_at IS NULL THEN @heartbeat ELSE n.last_seen END AS "to",
    1 AS connections, n.bytes_sent AS bytesSent, n.bytes_received AS bytesReceived
  FROM (SELECT rowid, * FROM connection WHERE rowid > @a ORDER BY rowid LIMIT ${PAGE}) n
  CROSS JOIN contact c ON c.id = n.contact_id
  CROSS JOIN destination d ON d.id = c.destination_id
  CROSS JOIN instance_server s ON s.instance_id = c.instance_id
  WHERE n.first_seen <= @until AND s.server_id ${OF_SERVERS} AND
    CASE WHEN n.closed_at IS NULL THEN @heartbeat ELSE n.last_seen END >= @since
  ORDER BY n.rowid, s.server_id`

const LAST_OF_PAGE = `
  SELECT max(rowid) FROM (SELECT rowid FROM connection WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE})`

const sums = (table: string, first: string, second: string, unit: string, ms: number): string => `
  SELECT u.${first} AS key1, u.${second} AS key2, p.server_id AS serverId, ${JUDGED('p')},
    u.owner_pid AS pid, u.${unit} * ${ms} AS "from", (u.${unit} + 1) * ${ms} - 1 AS "to",
    u.begun AS connections, u.bytes_sent AS bytesSent, u.bytes_received AS bytesReceived
  FROM ${table} u
  CROSS JOIN pattern p ON p.id = u.pattern_id
  CROSS JOIN destination d ON d.id = p.destination_id
  WHERE (u.${first}, u.${second}) > (@a, @b) AND u.${unit} BETWEEN @since AND @until
    AND p.server_id ${OF_SERVERS}
  ORDER BY u.${first}, u.${second} LIMIT ${PAGE}`

const HOURS = sums('hour_sum', 'hour', 'pattern_id', 'hour', HOUR_MS)
const DAYS = sums('day_sum', 'pattern_id', 'day', 'day', DAY_MS)

/** Days first, then hours, then connections: the oldest first. Last what clients reached, which is no server's doing. */
export function* exportRows(db: Db, input: ExportInput): Generator<readonly ExportRow[]> {
  const { window } = input
  const floors = readFloors(db)
  const page = createPages(db, input)
  const days = { since: dayOf(window.from), until: Math.min(dayOf(window.to), floors.hours - 1) }
  yield* page('day', DAYS, days)
  yield* page('hour', HOURS, {
    since: Math.max(hourOf(window.from), floors.hours * HOURS_A_DAY),
    until: Math.min(hourOf(window.to), floors.connections - 1),
  })
  const since = Math.max(window.from, floors.connections * HOUR_MS)
  yield* page('connection', CONNECTIONS, { since, until: window.to })
  yield exportReached(db, window, input.heartbeat, input.servers)
}

type Pages = (
  kind: Kind,
  sql: string,
  span: { readonly since: number; readonly until: number },
) => Generator<readonly ExportRow[]>

function createPages(db: Db, { servers, heartbeat }: ExportInput): Pages {
  const byId = new Map(servers.map((server) => [server.id, server]))
  const names = readNames(db)
  const fixed = { servers: JSON.stringify([...byId.keys()]), heartbeat }
  const lastOfPage = db.prepare<unknown[], number | null>(LAST_OF_PAGE).pluck()
  return function* pages(kind, sql, span) {
    if (span.since > span.until) return
    const read = db.prepare<unknown[], Keyed>(sql)
    for (let after: { a: number; b: number } | null = { a: -1, b: -1 }; after !== null; ) {
      const rows = read.all({ ...fixed, ...span, ...after })
      const last = rows.at(-1)
      // A page of connections is of the rows looked at, many of which the window may leave out.
      const end: number | null | undefined =
        kind === 'connection' ? lastOfPage.get(after.a) : (last?.key1 ?? null)
      yield rows.flatMap((row) => {
        const server = byId.get(row.serverId)
        return server === undefined ? [] : [rowOf(kind, row, server, names)]
      })
      after = end === null || end === undefined ? null : { a: end, b: last?.key2 ?? -1 }
    }
  }
}

function rowOf(
  kind: Kind,
  row: Keyed,
  server: ServerRow,
  names: ReadonlyMap<number, readonly NameRow[]>,
): ExportRow {
  const { key1: _first, key2: _second, destination, zone, address, from, to, ...rest } = row
  return {
    kind,
    from: iso(from),
    to: iso(to),
    server: server.name,
    client: server.client,
    ...rest,
    address: address === FURTHER_DESTINATIONS ? null : addressText(address, zone),
    names: [...new Set((names.get(destination) ?? []).map(({ name }) => name))],
  }
}
