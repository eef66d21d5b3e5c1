/** Entries in a list of patches, as Cordis has them and with it the DeepSeek Harness: `- insert: [{ name, config }]`. Pure. */
import type { Document, Item } from './document.ts'
import { switchesOf } from './entry.ts'
import { listItems } from './list-items.ts'

const MAX_ROWS = 10_000

/** The `config` of every row called `name`; the row itself is where it is switched off. */
export function patchedItems(document: Document, name: string): Item[] {
  const rows = objectsOf(document.value([])).flatMap(({ insert }) => objectsOf(insert))
  const entries = rows
    .slice(0, MAX_ROWS)
    .filter((row) => row['name'] === name)
    .flatMap((row) => objectsOf([row['config']]).map((config) => ({ ...config, ...off(row) })))
  return listItems(entries, name, null)
}

function off(row: object): object {
  const { disabled } = switchesOf(row)
  return disabled === undefined ? {} : { disabled }
}

function objectsOf(list: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(list)) return []
  return list.filter(
    (member): member is Record<string, unknown> =>
      typeof member === 'object' && member !== null && !Array.isArray(member),
  )
}
