/** Where in a file its servers are, whatever the client arranges them in. Pure. */
import type { KeyPath, Platform, SingleEntry } from '../../shared/clients/row.ts'
import type { Candidate } from './candidate.ts'
import type { Document, Item, Problem } from './document.ts'
import { looksLikeEntry } from './entry.ts'

const MAX_PROJECTS = 10_000
/** Of a list, whose members are all made at once. */
const MAX_LISTED = 1000

/** What is at one place; `of` is the file, with the project that the place is about. */
export interface Entries {
  readonly of: Candidate
  readonly items: readonly Item[]
  readonly problem: Problem | null
}

/** Every place of the file that has any. */
export function entriesIn(
  document: Document,
  candidate: Candidate,
  platform: Platform,
): readonly Entries[] {
  const { single, servers } = candidate
  if (single !== undefined) return singleIn(document, candidate, single, platform)
  if (candidate.isGuess === true) return guessIn(document, candidate)
  return servers.flatMap((path) =>
    placesAt(document, path, candidate).flatMap(({ at, of }) => {
      if (servers.some((other) => goesOn(other, path)) && looksLikeEntry(document.value(at)))
        return [] // a server that is called as the next step of a longer path
      const found = entriesAt(document, at, of)
      if (!servers.some((other) => goesOn(path, other))) return [found]
      // Something else may stand beside the entries: the longer path's map, settings.
      return [{ ...found, items: found.items.filter((item) => looksLikeEntry(item.value())) }]
    }),
  )
}

/** The first place that holds entries, and of it nothing else. */
function guessIn(document: Document, candidate: Candidate): Entries[] {
  for (const path of candidate.servers) {
    const { items, ...rest } = entriesAt(document, path, candidate)
    const entries = items.filter((item) => looksLikeEntry(item.value()))
    if (entries.length > 0) return [{ ...rest, items: entries, problem: null }]
  }
  return []
}

/** Follows `*` to every key; the key is the project folder of what is below it. */
export function placesAt(
  document: Document,
  path: KeyPath,
  candidate: Candidate,
): { readonly at: KeyPath; readonly of: Candidate }[] {
  const star = path.indexOf('*')
  if (star < 0) return [{ at: path, of: candidate }]
  const above = document.items(path.slice(0, star))
  if (above.kind !== 'items') return []
  return above.items
    .filter((item) => !item.replaced && item.key.startsWith('/'))
    .slice(0, MAX_PROJECTS)
    .map(({ key }) => ({
      at: [...path.slice(0, star), key, ...path.slice(star + 1)],
      of: { ...candidate, scope: `project:${key}`, projectDir: key },
    }))
}

function goesOn(from: KeyPath, to: KeyPath): boolean {
  return from.length < to.length && from.every((key, index) => key === to[index])
}

function entriesAt(document: Document, at: KeyPath, of: Candidate): Entries {
  const map = document.items(at)
  if (map.kind === 'items') return { of, items: map.items, problem: null }
  if (map.kind === 'absent') return { of, items: [], problem: null }
  const list = document.value(at)
  if (Array.isArray(list) && list.length > 0)
    return { of, items: listItems(list, at.at(-1) ?? '', map.position), problem: null }
  const empty = Array.isArray(list)
  const problem = { position: map.position, message: 'the servers are not an object' }
  return { of, items: [], problem: empty ? null : problem }
}

/** Members of a list, by the name they give themselves; two of one name are two servers all the same. */
function listItems(list: readonly unknown[], listName: string, position: Item['position']): Item[] {
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

/** A bundle's manifest, which may say more for one system: `platform_overrides`. */
function singleIn(
  document: Document,
  candidate: Candidate,
  { entry, name }: SingleEntry,
  platform: Platform,
): Entries[] {
  const value = document.value(entry)
  if (value === undefined || value === null) return []
  const over = document.value([...entry, 'platform_overrides', platform])
  const merged = isObject(value) && isObject(over) ? { ...value, ...over } : value
  const named = document.value(name)
  const plugin = candidate.scope.slice(candidate.scope.indexOf(':') + 1)
  const key = typeof named === 'string' && named !== '' ? named : plugin
  return [
    {
      of: candidate,
      items: [{ key, value: () => merged, position: null, replaced: false }],
      problem: null,
    },
  ]
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
