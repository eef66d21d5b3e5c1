/** What the pipeline is given at start, read back from the rows. */
import type { Role } from '../../shared/model/attribution.ts'
import type { Owner } from '../../shared/model/connection.ts'
import type { Delivery } from '../../shared/model/delivery.ts'
import type {
  ConnectionId,
  EpochMs,
  FindingId,
  InstanceId,
  ProcessKey,
  ServerId,
} from '../../shared/model/ids.ts'
import type {
  Finding,
  FindingKind,
  JudgedConnection,
  Name,
  Scope,
  Severity,
  TrafficClass,
  Verdict,
  VerdictReason,
} from '../../shared/model/judgement.ts'
import type { Protocol } from '../../shared/model/observation.ts'
import type { Outcome } from '../../shared/model/outcome.ts'
import type { KnownDestination, Memory } from '../../shared/model/tick.ts'
import type { Db } from './db.ts'
import { readOpenInstances } from './open-instances.ts'
import { readReachedBefore } from './reached-memory.ts'
import { LAST_TICK_KEY } from './schema.ts'
import { jsonArray } from './values.ts'
import { readDriftMemory } from './write-changes.ts'

interface ConnectionRow {
  id: ConnectionId
  instance: InstanceId
  serverId: ServerId
  destination: number
  netns: string
  protocol: Protocol
  localAddress: string
  localZone: string | null
  localPort: number
  remoteAddress: string
  remoteZone: string
  remotePort: number
  inode: number | null
  direction: 'outbound' | 'inbound'
  inherited: number
  outcome: Outcome
  openedBefore: number
  firstSeen: EpochMs
  lastSeen: EpochMs
  sent: number | null
  received: number | null
  scope: Scope
  trafficClass: TrafficClass
  verdict: Verdict
  reason: VerdictReason
  relayed: number
  ownerProcess: ProcessKey | null
  ownerPid: number | null
  ownerRole: Role | null
  ownerExecutable: string | null
  candidates: string
}

const OPEN_CONNECTIONS = `
  SELECT n.id, c.instance_id AS instance, c.server_id AS serverId, d.id AS destination, n.netns,
    d.protocol, n.local_address AS localAddress, n.local_zone AS localZone,
    n.local_port AS localPort, d.address AS remoteAddress, d.zone AS remoteZone,
    n.remote_port AS remotePort, n.inode, d.direction, c.inherited, c.outcome,
    n.opened_before AS openedBefore, n.first_seen AS firstSeen, n.last_seen AS lastSeen, n.bytes_sent AS sent,
    n.bytes_received AS received, c.scope,
    c.traffic_class AS trafficClass, c.verdict, c.reason, c.relayed,
    c.owner_process AS ownerProcess, c.owner_pid AS ownerPid, c.owner_role AS ownerRole,
    c.owner_executable AS ownerExecutable, c.candidates
  FROM connection n JOIN contact c ON c.id = n.contact_id
  JOIN destination d ON d.id = c.destination_id
  WHERE n.closed_at IS NULL ORDER BY n.first_seen, n.id`

interface FindingRow {
  id: FindingId
  kind: FindingKind
  severity: Severity
  attempted: number
  serverId: ServerId
  protocol: Protocol | null
  address: string | null
  port: number | null
  scope: Scope | null
  pid: number | null
  role: Role | null
  executable: string | null
  firstSeen: EpochMs
  lastSeen: EpochMs
  count: number
  explanation: string
  oneOf: string
}

const FINDINGS = `
  SELECT id, kind, severity, attempted, server_id AS serverId, protocol, address, port, scope, pid, role,
    executable, first_seen AS firstSeen, last_seen AS lastSeen, count, explanation,
    one_of AS oneOf
  FROM finding ORDER BY first_seen, id`

const DELIVERIES = `
  SELECT finding_id AS findingId, server_id AS serverId, kind, severity, outcome, at
  FROM delivery ORDER BY at, finding_id`

const KNOWN_DESTINATIONS = `
  SELECT server_id AS serverId, key, first_seen AS firstSeen
  FROM known_destination ORDER BY server_id, key`

function ownerOf(row: ConnectionRow): Owner | null {
  if (row.ownerProcess === null || row.ownerPid === null || row.ownerRole === null) return null
  const { ownerProcess: process, ownerPid: pid, ownerRole: role, ownerExecutable } = row
  return { process, pid, role, executable: ownerExecutable }
}

function judgedOf(
  row: ConnectionRow,
  names: readonly Name[],
  heartbeat: EpochMs,
): JudgedConnection {
  const { serverId, scope, trafficClass, verdict, reason } = row
  return {
    connection: {
      id: row.id,
      instance: row.instance,
      netns: row.netns,
      protocol: row.protocol,
      local: { address: row.localAddress, port: row.localPort, zone: row.localZone },
      remote: {
        address: row.remoteAddress,
        port: row.remotePort,
        zone: row.remoteZone === '' ? null : row.remoteZone,
      },
      inode: row.inode,
      cookie: null,
      direction: row.direction,
      owner: ownerOf(row),
      candidates: jsonArray(row.candidates) as Owner[],
      inherited: row.inherited === 1,
      outcome: row.outcome,
      openedBefore: row.openedBefore === 1,
      firstSeen: row.firstSeen,
      lastSeen: Math.max(row.lastSeen, heartbeat),
      closedAt: null,
      bytes:
        row.sent === null && row.received === null
          ? null
          : { sent: row.sent, received: row.received },
    },
    serverId,
    names,
    scope,
    trafficClass,
    verdict,
    reason,
    relayed: row.relayed === 1,
  }
}

function findingOf(row: FindingRow): Finding {
  const { protocol, address, port, scope, pid, role, executable, oneOf, ...rest } = row
  const candidates = jsonArray(oneOf) as ServerId[]
  return {
    ...rest,
    ...(candidates.length > 1 ? { oneOf: candidates } : {}),
    attempted: rest.attempted === 1,
    destination:
      protocol === null || address === null || port === null || scope === null
        ? null
        : { protocol, address, port, scope },
    process: pid === null || role === null ? null : { pid, role, executable },
  }
}

/** Wall time of the last committed tick; null before the first. */
export function lastTickAt(db: Db): EpochMs | null {
  const find = db.prepare<unknown[], number>('SELECT value FROM meta WHERE key = ?').pluck()
  return find.get(LAST_TICK_KEY) ?? null
}

export function readMemory(db: Db): Memory {
  const heartbeat = lastTickAt(db)
  const names = db.prepare<unknown[], Name>(
    'SELECT name, source, at FROM name WHERE destination_id = ? ORDER BY at DESC, name, source',
  )
  return {
    openConnections: db
      .prepare<unknown[], ConnectionRow>(OPEN_CONNECTIONS)
      .all()
      .map((row) => judgedOf(row, names.all(row.destination), heartbeat ?? row.lastSeen)),
    openInstances: readOpenInstances(db),
    findings: db.prepare<unknown[], FindingRow>(FINDINGS).all().map(findingOf),
    deliveries: db.prepare<unknown[], Delivery>(DELIVERIES).all(),
    knownDestinations: db.prepare<unknown[], KnownDestination>(KNOWN_DESTINATIONS).all(),
    drift: readDriftMemory(db),
    reached: readReachedBefore(db),
    projectFolders: projectFolders(db),
    lastTickAt: heartbeat,
  }
}

function projectFolders(db: Db): readonly string[] {
  const prefix = 'project:'
  return db
    .prepare<unknown[], string>(
      `SELECT DISTINCT scope FROM server WHERE configured = 1 AND scope LIKE '${prefix}%'`,
    )
    .pluck()
    .all()
    .map((scope) => scope.slice(prefix.length))
}
