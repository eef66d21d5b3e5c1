/** What clients reached at their remote servers, as lines of an export: one a server and address. */
import type { ExportRow } from '../../shared/contract/data.ts'
import { iso } from '../../shared/text/iso.ts'
import { type ReachedRow, reachedRows } from './remote.ts'
import type { Db, ServerRow } from './rows.ts'
import type { Window } from './window.ts'

/** At once: as many as the addresses of remote servers, of which each is one row. */
export function exportReached(
  db: Db,
  window: Window,
  heartbeat: number,
  servers: readonly ServerRow[],
): readonly ExportRow[] {
  const byId = new Map(servers.map((server) => [server.id, server]))
  return reachedRows(db, window, heartbeat).flatMap((row) => {
    const server = byId.get(row.serverId)
    return server === undefined ? [] : [rowOf(row, server)]
  })
}

/** By the client itself; none of its processes is kept, nothing is judged, and no bytes are counted. */
function rowOf(row: ReachedRow, { id, name, client }: ServerRow): ExportRow {
  return {
    kind: 'reached',
    from: iso(row.firstSeen),
    to: iso(row.lastSeen),
    server: name,
    client,
    serverId: id,
    protocol: 'tcp',
    address: row.address,
    port: row.port,
    direction: 'outbound',
    names: [],
    scope: null,
    trafficClass: null,
    verdict: null,
    reason: null,
    outcome: null,
    role: null,
    executable: null,
    pid: null,
    connections: row.connections,
    bytesSent: null,
    bytesReceived: null,
  }
}
