/** Servers that stand in a list instead of a map. Pure. */
import type { Item } from './document.ts'

/** All of a list are made at once. */
const MAX_LISTED = 1000

/** Members of a list, by the name they give themselves; two of one name are two servers all the same. */
export function listItems(
  list: readonly unknown[],
  listName: string,
  position: Item['position'],
): Item[] {
  const seen = new Map<string, number>()
  return list.slice(0, MAX_LISTED).map((element, index) => {
    const value = typeof element === 'string' ? { url: element } : element
    const name = nameIn(value) ?? `${listName} #${index + 1}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    const key = times === 1 ? name : `${name} #${times}`
    return { key, value: () => value, position, replaced: false }
  })
}

function nameIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  for (const field of ['name', 'serverName', 'title', 'id', 'uuid']) {
    const name: unknown = Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined
    if (typeof name === 'string' && name !== '') return name
  }
  return null
}
