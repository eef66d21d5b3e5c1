/** Findings seen in the window. */
import type { FindingJson } from '../../shared/contract/common.ts'
import type { Role } from '../../shared/model/attribution.ts'
import type { FindingKind, Scope, Severity } from '../../shared/model/judgement.ts'
import type { Protocol } from '../../shared/model/observation.ts'
import { iso } from '../../shared/text/iso.ts'
import { jsonArray } from '../store/values.ts'
import { type Labels, labelled, readLabels } from './labels.ts'
import type { Db, ServerRow } from './rows.ts'
import type { Window } from './window.ts'

interface FindingRow {
  readonly id: string
  readonly kind: FindingKind
  readonly severity: Severity
  readonly attempted: number
  readonly serverId: string
  readonly protocol: Protocol | null
  readonly address: string | null
  readonly port: number | null
  readonly scope: Scope | null
  readonly pid: number | null
  readonly role: Role | null
  readonly executable: string | null
  readonly firstSeen: number
  readonly lastSeen: number
  readonly count: number
  readonly explanation: string
  readonly oneOf: string
}

const COLUMNS = `id, kind, severity, attempted, server_id AS serverId, protocol, address, port, scope, pid, role,
    executable, first_seen AS firstSeen, last_seen AS lastSeen, count, explanation, one_of AS oneOf`

const FINDINGS = `
  SELECT ${COLUMNS}
  FROM finding WHERE last_seen >= @from AND first_seen <= @to
  ORDER BY first_seen DESC, id`

/** Of a server's findings seen last at the same moment, the one that began last. */
const LAST_FINDINGS = `
  SELECT ${COLUMNS} FROM (
    SELECT *, row_number() OVER (PARTITION BY server_id ORDER BY last_seen DESC, first_seen DESC, id)
      AS place FROM finding)
  WHERE place = 1`

function findingJson(row: FindingRow, server: ServerRow, labels: Labels): FindingJson {
  const { protocol, address, port, scope, pid, role, executable } = row
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    attempted: row.attempted === 1,
    serverId: server.id,
    server: server.name,
    client: server.client,
    oneOf: labelled(jsonArray(row.oneOf), labels),
    destination:
      protocol === null || address === null || port === null || scope === null
        ? null
        : { protocol, address, port, scope },
    process: pid === null || role === null ? null : { pid, role, executable },
    firstSeen: iso(row.firstSeen),
    lastSeen: iso(row.lastSeen),
    count: row.count,
    explanation: row.explanation,
  }
}

/** Findings of these servers, the newest first. `count` is over the finding's whole life. */
export function readFindings(db: Db, window: Window, servers: readonly ServerRow[]): FindingJson[] {
  return named(db, db.prepare<unknown[], FindingRow>(FINDINGS).all({ ...window }), servers)
}

/** The newest finding of each of these servers that has one. */
export function readLastFindings(db: Db, servers: readonly ServerRow[]): FindingJson[] {
  return named(db, db.prepare<unknown[], FindingRow>(LAST_FINDINGS).all(), servers)
}

/** What may be another server's is told where that one is asked about. */
function named(db: Db, rows: readonly FindingRow[], servers: readonly ServerRow[]): FindingJson[] {
  const known = new Map(servers.map((server) => [server.id, server]))
  const labels = rows.length === 0 ? new Map() : readLabels(db)
  return rows.flatMap((row) => {
    const ids = [row.serverId, ...jsonArray(row.oneOf)]
    const [server] = ids.flatMap((id) => known.get(String(id)) ?? [])
    return server === undefined ? [] : [findingJson(row, server, labels)]
  })
}
