/** One finding, found by the beginning of its id, with the connections that it is about. */
import { type FindingJson, SCHEMA_VERSION } from '../../shared/contract/common.ts'
import type { FindingDetail } from '../../shared/contract/finding-detail.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { lastTickAt } from '../store/memory.ts'
import { type Evidence, readEvidence } from './connections.ts'
import { readFindings } from './findings.ts'
import { type Db, readNames, readServers, type ServerRow } from './rows.ts'

/** More than anybody reads; the report has the counts. */
const MOST_CONNECTIONS = 100
const MOST_LISTED = 5
const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** Throws UNKNOWN_FINDING where none or several begin so. */
export function findingDetail(db: Db, prefix: string): FindingDetail {
  const servers = readServers(db)
  const finding = oneOf(
    readFindings(db, ALL_TIME, servers).filter(({ id }) => id.startsWith(prefix.toLowerCase())),
  )
  const server = servers.find(({ id }) => id === finding.serverId)
  if (server === undefined) throw unknown('no finding has that id', null)
  const names = readNames(db)
  const evidence = evidenceOf(finding)
  const { connections, truncated } =
    evidence === null
      ? { connections: [], truncated: false }
      : readEvidence(db, {
          evidence,
          heartbeat: lastTickAt(db) ?? 0,
          server,
          names: (destination) => names.get(destination) ?? [],
          limit: MOST_CONNECTIONS,
        })
  return {
    schemaVersion: SCHEMA_VERSION,
    finding,
    server: serverOf(server),
    connections,
    truncated,
  }
}

function oneOf(found: readonly FindingJson[]): FindingJson {
  const [only, ...others] = found
  if (only === undefined) {
    throw unknown('no finding has that id', 'list them with "mcp-watch findings --since 365d"')
  }
  if (others.length === 0) return only
  const ids = found.slice(0, MOST_LISTED).map(({ id }) => id)
  const more = found.length > ids.length ? ` and ${found.length - ids.length} more` : ''
  throw unknown('several findings begin like that', `they are ${ids.join(', ')}${more}`)
}

function unknown(message: string, hint: string | null): McpWatchError {
  return new McpWatchError('UNKNOWN_FINDING', message, hint === null ? {} : { hint })
}

/** A listener is reached from anywhere; other findings are about one destination, or about many: null. */
function evidenceOf({ kind, destination }: FindingJson): Evidence | null {
  if (destination === null) return kind === 'unreadable-server' ? { kind: 'unreadable' } : null
  const { protocol, address, port } = destination
  if (kind === 'exposed-listener') return { kind: 'inbound', protocol, port }
  return { kind: 'destination', protocol, address, port }
}

function serverOf(row: ServerRow): FindingDetail['server'] {
  const { id, name, client, source, scope, expectation, expectationSource } = row
  return {
    id,
    name,
    client,
    source,
    scope,
    package:
      row.packageName === null ? null : { name: row.packageName, version: row.packageVersion },
    expectation,
    expectationSource,
  }
}
