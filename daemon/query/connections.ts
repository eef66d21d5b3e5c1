/** Single connections, the newest first. */
import type { Connections } from '../../shared/contract/answers.ts'
import { addressText } from './destinations.ts'
import type { ContactRow, Db, NameRow, ServerRow } from './rows.ts'
import { iso, type Window } from './window.ts'

interface ConnectionRow extends ContactRow {
  readonly id: string
  readonly serverId: string
  readonly openedBefore: number
  readonly closedAt: number | null
}

/** Which servers: a JSON array of ids. A `one-of` connection comes once for each of its candidates. */
const NEWEST = `
  SELECT n.id, s.server_id AS serverId, d.id AS destination, d.protocol, d.address, d.zone, d.port,
    d.direction, c.scope, c.traffic_class AS trafficClass, c.verdict, c.reason, c.relayed,
    c.inherited, c.outcome, c.owner_pid AS ownerPid, c.owner_role AS ownerRole,
    c.owner_executable AS ownerExecutable, n.opened_before AS openedBefore,
    n.first_seen AS firstSeen, n.closed_at AS closedAt,
    CASE WHEN n.closed_at IS NULL THEN @heartbeat ELSE n.last_seen END AS lastSeen
  FROM connection n INDEXED BY connection_first_seen
  CROSS JOIN contact c ON c.id = n.contact_id
  JOIN destination d ON d.id = c.destination_id
  JOIN instance_server s ON s.instance_id = c.instance_id
  WHERE n.first_seen <= @to
    AND (CASE WHEN n.closed_at IS NULL THEN @heartbeat ELSE n.last_seen END) >= @from
    AND s.server_id IN (SELECT value FROM json_each(@servers))
  ORDER BY n.first_seen DESC, n.id, s.server_id LIMIT @limit`

export interface ConnectionsInput {
  readonly window: Window
  readonly heartbeat: number
  readonly servers: readonly ServerRow[]
  readonly names: (destination: number) => readonly NameRow[]
  readonly limit: number
}

function connectionJson(
  row: ConnectionRow,
  server: string,
  names: readonly NameRow[],
): Connections['connections'][number] {
  const { ownerPid: pid, ownerRole: role, ownerExecutable: executable } = row
  return {
    id: row.id,
    serverId: row.serverId,
    server,
    protocol: row.protocol,
    address: addressText(row.address, row.zone),
    port: row.port,
    direction: row.direction,
    names: names.map(({ name, source, at }) => ({ name, source, at: iso(at) })),
    scope: row.scope,
    trafficClass: row.trafficClass,
    verdict: row.verdict,
    reason: row.reason,
    relayed: row.relayed === 1,
    inherited: row.inherited === 1,
    outcome: row.outcome,
    owner: pid === null || role === null ? null : { pid, role, executable },
    openedBefore: row.openedBefore === 1,
    firstSeen: iso(row.firstSeen),
    lastSeen: iso(row.lastSeen),
    closedAt: row.closedAt === null ? null : iso(row.closedAt),
  }
}

/** Connections of the window that began last, and whether there were more. */
export function readConnections(
  db: Db,
  input: ConnectionsInput,
): Pick<Connections, 'truncated' | 'connections'> {
  const { window, heartbeat, servers, limit } = input
  const serverNames = new Map(servers.map(({ id, name }) => [id, name]))
  const rows = db.prepare<unknown[], ConnectionRow>(NEWEST).all({
    ...window,
    heartbeat,
    servers: JSON.stringify([...serverNames.keys()]),
    limit: limit + 1,
  })
  return {
    truncated: rows.length > limit,
    connections: rows
      .slice(0, limit)
      .map((row) =>
        connectionJson(row, serverNames.get(row.serverId) ?? '', input.names(row.destination)),
      ),
  }
}
