/** What servers are called, for entries that cannot be told apart. */
import type { EntryJson } from '../../shared/contract/common.ts'
import { reachedBy } from '../../shared/contract/reached-by.ts'
import type { Transport } from '../../shared/model/server.ts'
import type { Db } from './rows.ts'

/** By id, those that left the configuration too. */
export type Labels = ReadonlyMap<string, EntryJson>

export function readLabels(db: Db): Labels {
  const rows = db
    .prepare<unknown[], EntryJson & { readonly transport?: Transport }>(
      `SELECT id AS serverId, name AS server, client, transport FROM server`,
    )
    .all()
  return new Map(
    rows.map(({ transport, ...row }) => [row.serverId, { ...row, ...reachedBy(transport) }]),
  )
}

/** None for one alone: that is certain. What is no server any more is left out. */
export function labelled(ids: readonly unknown[], labels: Labels): EntryJson[] {
  return ids.length < 2 ? [] : ids.flatMap((id) => labels.get(String(id)) ?? [])
}
