/** What servers are called, for entries that cannot be told apart. */
import type { EntryJson } from '../../shared/contract/common.ts'
import type { Db } from './rows.ts'

/** By id, those that left the configuration too. */
export type Labels = ReadonlyMap<string, EntryJson>

export function readLabels(db: Db): Labels {
  const rows = db
    .prepare<unknown[], EntryJson>('SELECT id AS serverId, name AS server, client FROM server')
    .all()
  return new Map(rows.map((row) => [row.serverId, row]))
}

/** None for one alone: that is certain. What is no server any more is left out. */
export function labelled(ids: readonly unknown[], labels: Labels): EntryJson[] {
  return ids.length < 2 ? [] : ids.flatMap((id) => labels.get(String(id)) ?? [])
}
