/** Where in a file its servers are, whatever the client arranges them in. Pure. */
import { posix } from 'node:path'
import type { KeyPath, Platform, SingleEntry, Starts } from '../../shared/clients/row.ts'
import { bundleEntry } from './bundle.ts'
import type { Candidate } from './candidate.ts'
import type { Document, Item, Problem } from './document.ts'
import { looksLikeEntry, switchesOf } from './entry.ts'
import { listItems } from './list-items.ts'
import { patchedItems } from './patches.ts'

const MAX_PROJECTS = 10_000

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
  const { single, servers, starts, patches } = candidate
  if (single !== undefined) return singleIn(document, candidate, single, platform)
  if (candidate.isGuess === true) return guessIn(document, candidate)
  if (patches !== undefined)
    return [{ of: candidate, items: patchedItems(document, patches), problem: null }]
  if (starts !== undefined)
    return servers.map((path) => started(entriesAt(document, path, candidate), starts))
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

/** The first place that holds entries, and of it nothing else; at the top of the file nothing else may be. */
function guessIn(document: Document, candidate: Candidate): Entries[] {
  for (const path of candidate.servers) {
    const { items, ...rest } = entriesAt(document, path, candidate)
    const entries = items.filter((item) => looksLikeEntry(item.value()))
    const isWhole = path.length > 0 || items.every((item) => isEntryOrSchema(item, entries))
    if (entries.length > 0 && isWhole) return [{ ...rest, items: entries, problem: null }]
  }
  return []
}

function isEntryOrSchema(item: Item, entries: readonly Item[]): boolean {
  return item.key === '$schema' || entries.includes(item)
}

/** Of servers that the file only names: their switches, with the command line that their client makes up. */
function started({ items, ...rest }: Entries, starts: Starts): Entries {
  const { of } = rest
  const folder = of.pluginDir ?? posix.dirname(of.path)
  const withCommand = items.map((item) => ({
    ...item,
    value: () => ({ ...switchesOf(item.value()), command: starts({ name: item.key, folder }) }),
  }))
  return { ...rest, items: withCommand }
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
  const found = document.value(at)
  const list = isSame(at, of.elsewhere) ? withoutPaths(found) : found
  if (Array.isArray(list) && list.length > 0)
    return { of, items: listItems(list, at.at(-1) ?? '', map.position), problem: null }
  const empty = Array.isArray(list)
  const problem = { position: map.position, message: 'the servers are not an object' }
  return { of, items: [], problem: empty ? null : problem }
}

/** Where there may be paths of other files, those are no servers. */
function withoutPaths(value: unknown): unknown[] {
  return [value].flat().filter((member) => typeof member !== 'string')
}

function isSame(path: KeyPath, other: KeyPath | undefined): boolean {
  return path.length === other?.length && path.every((key, index) => key === other[index])
}

function singleIn(
  document: Document,
  candidate: Candidate,
  { kind, name }: SingleEntry,
  platform: Platform,
): Entries[] {
  const value = kind === 'bundle' ? bundleEntry(document, platform) : document.value([])
  if (value === undefined || value === null) return []
  const named = document.value(name)
  const key = typeof named === 'string' && named !== '' ? named : (candidate.star ?? '')
  const item = { key, value: () => value, position: null, replaced: false }
  const entries = { of: candidate, items: [item], problem: null }
  return [candidate.starts === undefined ? entries : started(entries, candidate.starts)]
}
