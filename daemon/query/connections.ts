/** Single connections: open ones first, then those that were seen last. */
import type { Connections } from '../../shared/contract/answers.ts'
import { iso } from '../../shared/text/iso.ts'
import type { ContactRow, DestinationRow } from './contacts.ts'
import { addressText } from './destinations.ts'
import type { Db, NameRow, ServerRow } from './rows.ts'
import type { Window } from './window.ts'

type Judged = Omit<ContactRow, 'instance' | 'destination' | 'candidates' | 'connections' | 'open'>

interface ConnectionRow extends Omit<DestinationRow, 'id'>, Judged {
  readonly id: string
  readonly destination: number
  readonly serverId: string
  readonly openedBefore: number
  readonly closedAt: number | null
}

type ConnectionJson = Connections['connections'][number]

/** `@servers` is a JSON array of ids; a `one-of` connection comes once for each of its candidates. */
const SELECT = `
  SELECT n.id, s.server_id AS serverId, d.id AS destination, d.protocol, d.address, d.zone, d.port,
    d.direction, c.scope, c.traffic_class AS trafficClass, c.verdict, c.reason, c.relayed,
    c.inherited, c.outcome, c.owner_pid AS ownerPid, c.owner_role AS ownerRole,
    c.owner_executable AS ownerExecutable, n.opened_before AS openedBefore,
    n.first_seen AS firstSeen, n.closed_at AS closedAt, n.bytes_sent AS bytesSent,
    n.bytes_received AS bytesReceived,
    CASE WHEN n.closed_at IS NULL THEN @heartbeat ELSE n.last_seen END AS lastSeen`

const JOIN = `
  CROSS JOIN contact c ON c.id = n.contact_id
  CROSS JOIN destination d ON d.id = c.destination_id
  CROSS JOIN instance_server s ON s.instance_id = c.instance_id`

const OF_SERVERS = 's.server_id IN (SELECT value FROM json_each(@servers))'

const OPEN = `${SELECT}
  FROM connection n INDEXED BY connection_open ${JOIN}
  WHERE n.closed_at IS NULL AND n.first_seen <= @to AND @heartbeat >= @from AND ${OF_SERVERS}
  ORDER BY n.first_seen DESC, n.rowid DESC, s.server_id LIMIT @limit`

/** In the order of its index, backwards: it stops at the limit, or at the beginning of the window. */
const CLOSED = `${SELECT}
  FROM connection n INDEXED BY connection_closed ${JOIN}
  WHERE n.closed_at IS NOT NULL AND n.last_seen >= @from AND n.first_seen <= @to AND ${OF_SERVERS}
  ORDER BY n.last_seen DESC, n.first_seen DESC, n.closed_at DESC, n.contact_id DESC, n.rowid DESC
  LIMIT @limit`

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
): ConnectionJson {
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
    bytes: bytesOf(row),
  }
}

function bytesOf({ bytesSent, bytesReceived }: ConnectionRow): ConnectionJson['bytes'] {
  if (bytesSent === null && bytesReceived === null) return null
  return { sent: bytesSent, received: bytesReceived }
}

/** The latest connections of the window, open ones first, and whether there were more. */
export function readConnections(
  db: Db,
  input: ConnectionsInput,
): Pick<Connections, 'truncated' | 'connections'> {
  const { window, heartbeat, limit } = input
  const names = new Map(input.servers.map(({ id, name }) => [id, name]))
  const read = (sql: string, most: number): ConnectionRow[] =>
    db
      .prepare<unknown[], ConnectionRow>(sql)
      .all({ ...window, heartbeat, servers: JSON.stringify([...names.keys()]), limit: most })
  const open = read(OPEN, limit + 1)
  const rows = [...open, ...read(CLOSED, limit + 1 - open.length)]
  return {
    truncated: rows.length > limit,
    connections: rows
      .slice(0, limit)
      .map((row) =>
        connectionJson(row, names.get(row.serverId) ?? '', input.names(row.destination)),
      ),
  }
}

/** Which connections of a server a finding is about. */
export type Evidence =
  | {
      readonly kind: 'destination'
      readonly protocol: 'tcp' | 'udp'
      readonly address: string
      readonly port: number
    }
  | { readonly kind: 'inbound'; readonly protocol: 'tcp' | 'udp'; readonly port: number }
  /** Those whose owner could not be told. */
  | { readonly kind: 'unreadable' }

const EVIDENCE = {
  destination: 'd.protocol = @protocol AND d.address = @address AND d.port = @port',
  inbound: "d.protocol = @protocol AND d.direction = 'inbound' AND d.port = @port",
  unreadable: "c.reason = 'process-unreadable'",
} as const satisfies Record<Evidence['kind'], string>

/** From the server's instances to their contacts: each step has an index. */
const contactsSql = (kind: Evidence['kind']): string => `
  SELECT c.id FROM instance_server s INDEXED BY instance_server_server
  CROSS JOIN contact c INDEXED BY contact_instance ON c.instance_id = s.instance_id
  CROSS JOIN destination d ON d.id = c.destination_id
  WHERE s.server_id = @server AND ${EVIDENCE[kind]}`

const OF_CONTACTS = 'n.contact_id IN (SELECT value FROM json_each(@contacts))'
const OPEN_OF = OPEN.replace(OF_SERVERS, `${OF_CONTACTS} AND ${OF_SERVERS}`)
const CLOSED_OF = CLOSED.replace(OF_SERVERS, `${OF_CONTACTS} AND ${OF_SERVERS}`)

export interface EvidenceInput {
  readonly evidence: Evidence
  readonly heartbeat: number
  readonly server: ServerRow
  readonly names: (destination: number) => readonly NameRow[]
  readonly limit: number
}

/** The connections that speak for a finding, of all times, open ones first, then the latest. */
export function readEvidence(
  db: Db,
  { evidence, heartbeat, server, names, limit }: EvidenceInput,
): Pick<Connections, 'truncated' | 'connections'> {
  const { kind, ...about } = evidence
  const contacts = db
    .prepare<unknown[], number>(contactsSql(kind))
    .pluck()
    .all({ ...about, server: server.id })
  const fixed = { from: 0, to: Number.MAX_SAFE_INTEGER, heartbeat }
  const of = { contacts: JSON.stringify(contacts), servers: JSON.stringify([server.id]) }
  const read = (sql: string, most: number): ConnectionRow[] =>
    db.prepare<unknown[], ConnectionRow>(sql).all({ ...fixed, ...of, limit: most })
  const open = read(OPEN_OF, limit + 1)
  const rows = [...open, ...read(CLOSED_OF, limit + 1 - open.length)]
  return {
    truncated: rows.length > limit,
    connections: rows
      .slice(0, limit)
      .map((row) => connectionJson(row, server.name, names(row.destination))),
  }
}
