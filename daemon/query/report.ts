/** The answers, put together from the rows. Every function runs inside one read transaction. */
import type { Connections, Destinations, Findings, Servers } from '../../shared/contract/answers.ts'
import { type DestinationJson, SCHEMA_VERSION } from '../../shared/contract/common.ts'
import type { Report } from '../../shared/contract/report.ts'
import { iso } from '../../shared/text/iso.ts'
import { lastTickAt } from '../store/memory.ts'
import { readAlsoIn } from './also-in.ts'
import { readConnections } from './connections.ts'
import { readContacts } from './contacts.ts'
import { readCoverage } from './coverage.ts'
import { destinationsByServer } from './destinations.ts'
import { type Filter, selectServers } from './filter.ts'
import { readFindings } from './findings.ts'
import { readLabels } from './labels.ts'
import { readReached } from './remote.ts'
import {
  type Db,
  readAnswered,
  readEverSeen,
  readInstances,
  readNames,
  readNotObserved,
  readServers,
  readServersOfInstances,
  type ServerRow,
} from './rows.ts'
import type { Resolution } from './segments.ts'
import { byServer, serverJson } from './servers.ts'
import { DEFAULT_WINDOW_MS, type Window } from './window.ts'

interface AllDestinations {
  readonly byServer: ReadonlyMap<string, readonly DestinationJson[]>
  readonly resolution: Resolution
}

function allDestinations(db: Db, window: Window): AllDestinations {
  const { rows, resolution } = readContacts(db, window, lastTickAt(db) ?? 0)
  const byServer = destinationsByServer({
    contacts: rows,
    names: readNames(db),
    serversOf: readServersOfInstances(db),
    to: window.to,
  })
  return { byServer, resolution }
}

/**
 * The selected servers with their instances. One that left the configuration is shown while it runs, while the answer
 * has something of it (`keep`), or when it was asked for by name.
 */
function listServers(
  db: Db,
  window: Window,
  filter: Filter,
  keep: (id: string) => boolean,
): { row: ServerRow; json: Servers['servers'][number] }[] {
  const heartbeat = lastTickAt(db) ?? 0
  const instances = byServer(readInstances(db, window, heartbeat))
  const labels = readLabels(db)
  const sightings = {
    everSeen: readEverSeen(db, window.to),
    inClient: readNotObserved(db, 'in-client', window.to),
    elsewhere: readNotObserved(db, 'remote-transport', window.to),
    answered: readAnswered(db, window.to),
    serversOf: readServersOfInstances(db),
    labels,
    reached: readReached(db, window, heartbeat, labels),
    alsoIn: readAlsoIn(db),
  }
  return selectServers(readServers(db), filter).flatMap((row) => {
    const json = serverJson(row, instances.get(row.id) ?? [], sightings, window.to)
    const running = (instances.get(row.id) ?? []).some(({ endedAt }) => endedAt === null)
    const shown = row.configured === 1 || running || filter.server !== undefined || keep(row.id)
    return shown ? [{ row, json }] : []
  })
}

export function report(db: Db, window: Window, filter: Filter, now: number): Report {
  const { byServer: destinations, resolution } = allDestinations(db, window)
  const findings = readFindings(db, window, selectServers(readServers(db), filter))
  const withFindings = new Set(findings.map(({ serverId }) => serverId))
  const keep = (id: string): boolean => destinations.has(id) || withFindings.has(id)
  const servers = listServers(db, window, filter, keep)
  const rows = servers.map(({ row }) => row)
  return {
    schemaVersion: SCHEMA_VERSION,
    generatedAt: iso(now),
    from: iso(window.from),
    to: iso(window.to),
    coverage: { ...readCoverage(db, window, lastTickAt(db), rows), resolution },
    servers: servers.map(({ json }) => ({
      ...json,
      destinations: [...(destinations.get(json.id) ?? [])],
    })),
    findings,
  }
}

/** As the report of the last 24 hours lists them. */
export function servers(db: Db, now: number): Servers {
  const window = { from: now - DEFAULT_WINDOW_MS, to: now }
  const listed = listServers(db, window, {}, () => false)
  return { schemaVersion: SCHEMA_VERSION, servers: listed.map(({ json }) => json) }
}

export function destinations(db: Db, window: Window, filter: Filter): Destinations {
  const { byServer: byId } = allDestinations(db, window)
  return {
    schemaVersion: SCHEMA_VERSION,
    from: iso(window.from),
    to: iso(window.to),
    destinations: selectServers(readServers(db), filter).flatMap(({ id, name }) =>
      (byId.get(id) ?? []).map((it) => ({ ...it, serverId: id, server: name })),
    ),
  }
}

export function connections(db: Db, window: Window, filter: Filter, limit: number): Connections {
  const names = readNames(db)
  const answer = readConnections(db, {
    window,
    heartbeat: lastTickAt(db) ?? 0,
    servers: selectServers(readServers(db), filter),
    names: (destination) => names.get(destination) ?? [],
    limit,
  })
  return { schemaVersion: SCHEMA_VERSION, from: iso(window.from), to: iso(window.to), ...answer }
}

export function findings(db: Db, window: Window, filter: Filter): Findings {
  return {
    schemaVersion: SCHEMA_VERSION,
    from: iso(window.from),
    to: iso(window.to),
    findings: readFindings(db, window, selectServers(readServers(db), filter)),
  }
}
