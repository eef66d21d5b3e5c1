/** Which entries of several clients are one server: the same package, the same address, else the same command. */
import type { EntryJson } from '../../shared/contract/common.ts'
import type { Db } from './rows.ts'

/** By server, the entries of other clients; those of one alone are left out. */
export type AlsoIn = ReadonlyMap<string, readonly EntryJson[]>

interface SharedRow extends EntryJson {
  readonly what: string
}

/** As `spreads` of daemon/drift compares them: by what is kept of each entry, of which `whole` is a keyed digest; bridges are what they lead to. */
const SHARED = `
  SELECT s.id AS serverId, s.name AS server, s.client,
    CASE WHEN p.package IN ('npm mcp-remote', 'npm supergateway', 'pypi mcp-proxy') THEN p.whole
      ELSE coalesce(p.package, p.url, p.whole) END AS what
  FROM server_print p JOIN server s ON s.id = p.server_id
  WHERE p.present = 1 AND s.configured = 1
  ORDER BY s.client, s.name, s.id`

export function readAlsoIn(db: Db): AlsoIn {
  return groupEntries(db.prepare<unknown[], SharedRow>(SHARED).all())
}

export function groupEntries(rows: readonly SharedRow[]): AlsoIn {
  const groups = new Map<string, SharedRow[]>()
  for (const row of rows) {
    const group = groups.get(row.what)
    if (group === undefined) groups.set(row.what, [row])
    else group.push(row)
  }
  const shared = new Map<string, readonly EntryJson[]>()
  for (const group of groups.values()) {
    if (group.length < 2) continue
    for (const { serverId, client } of group) {
      const others = group.filter((other) => other.client !== client)
      if (others.length > 0) shared.set(serverId, others.map(entryOf))
    }
  }
  return shared
}

function entryOf({ serverId, server, client }: SharedRow): EntryJson {
  return { serverId, server, client }
}
