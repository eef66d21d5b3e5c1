/** How servers were configured, and what became of that. */
import { SCHEMA_VERSION } from '../../shared/contract/common.ts'
import type { History } from '../../shared/contract/history.ts'
import type { ChangedField, ChangeKind } from '../../shared/model/drift.ts'
import { type Transport, UNCONFIGURED } from '../../shared/model/server.ts'
import { iso } from '../../shared/text/iso.ts'
import { type Filter, selectServers } from './filter.ts'
import { type Db, readServers, type ServerRow } from './rows.ts'
import type { Window } from './window.ts'

/** Of one server; more than anybody reads. */
const MOST_CHANGES = 500

interface PrintRow {
  readonly firstSeen: number
  readonly transport: Transport
  readonly command: string | null
  readonly package: string | null
  readonly version: string | null
  readonly url: string | null
  readonly disabled: number
}

interface ChangeRow {
  readonly kind: ChangeKind
  readonly field: ChangedField | null
  readonly from: string | null
  readonly to: string | null
  readonly since: number
  readonly at: number
}

const PRINT = `
  SELECT first_seen AS firstSeen, transport, command, package, version, url, disabled
  FROM server_print WHERE server_id = ?`

const CHANGES = `
  SELECT kind, field, from_text AS "from", to_text AS "to", since, at FROM server_change
  WHERE server_id = @server AND at BETWEEN @from AND @to ORDER BY at DESC, id DESC
  LIMIT ${MOST_CHANGES + 1}`

/** Also of servers that no file declares any more. Throws UNKNOWN_SERVER and UNKNOWN_CLIENT. */
export function history(db: Db, window: Window, filter: Filter): History {
  const readPrint = db.prepare<unknown[], PrintRow>(PRINT)
  const readChanges = db.prepare<unknown[], ChangeRow>(CHANGES)
  const servers = changing(selectServers(readServers(db), filter), filter).map((server) =>
    historyOf(server, readPrint.get(server.id), readChanges.all({ ...window, server: server.id })),
  )
  return { schemaVersion: SCHEMA_VERSION, from: iso(window.from), to: iso(window.to), servers }
}

/** What is in no configuration has no history of one; it is told so where it is asked for by name. */
function changing(servers: readonly ServerRow[], { server }: Filter): readonly ServerRow[] {
  return server === undefined ? servers.filter(({ scope }) => scope !== UNCONFIGURED) : servers
}

function historyOf(
  { id, name, client, source, scope, configured }: ServerRow,
  print: PrintRow | undefined,
  newest: readonly ChangeRow[],
): History['servers'][number] {
  const shown = newest.slice(0, MOST_CHANGES).toReversed()
  return {
    id,
    name,
    client,
    source,
    scope,
    configured: configured === 1,
    firstSeen: print === undefined ? null : iso(print.firstSeen),
    entry: print === undefined ? null : entryOf(print),
    changes: shown.map(({ since, at, ...change }) => ({
      ...change,
      since: iso(since),
      at: iso(at),
    })),
    truncated: newest.length > shown.length,
  }
}

function entryOf({ transport, command, package: name, version, url, disabled }: PrintRow) {
  return { transport, command, package: name, version, url, disabled: disabled === 1 }
}
