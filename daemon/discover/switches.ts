/** Which servers a file switches off besides those whose own entry says so. Pure. */
import type { SwitchSource } from '../../shared/clients/row.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Candidate } from './candidate.ts'
import type { Document } from './document.ts'
import { placesAt } from './entries.ts'
import { isOffOnly } from './entry.ts'

/** A scope, null for all of the client's, and a name within it, null for all. */
export type Off = readonly [scope: string | null, name: string | null]

/** All of the scope, or of the client where it is null, are off but these. */
export interface Only {
  readonly scope: string | null
  readonly names: ReadonlySet<string>
  /** What the list decides on by name: another kind it may allow by command or by address. */
  readonly kinds: ReadonlySet<'stdio' | 'remote'>
}

const MAX_SWITCHES = 10_000

export function switchedOffIn(document: Document, candidate: Candidate): readonly Off[] {
  return (candidate.switches ?? [])
    .flatMap((source) => offBy(source, document, candidate))
    .slice(0, MAX_SWITCHES)
}

export function onlyIn(document: Document, candidate: Candidate): readonly Only[] {
  return (candidate.switches ?? []).flatMap((source) =>
    source.kind === 'allowed' ? allowedBy(document, source, candidate) : [],
  )
}

/** Whether the list leaves the server out. */
export function isLeftOut({ scope, names, kinds }: Only, server: Server): boolean {
  const kind = server.transport === 'stdio' ? 'stdio' : 'remote'
  return (scope === null || scope === server.scope) && kinds.has(kind) && !names.has(server.name)
}

function offBy(source: SwitchSource, document: Document, candidate: Candidate): Off[] {
  switch (source.kind) {
    case 'names':
      return placesAt(document, source.at, candidate).flatMap(({ at, of }) =>
        listed(document.value(at)).map((name): Off => [reach(of), name]),
      )
    case 'allowed':
      return []
    case 'entries': {
      const map = document.items(source.at)
      if (map.kind !== 'items') return []
      return map.items
        .filter(({ replaced, value }) => !replaced && isOffOnly(value()))
        .map(({ key }): Off => [reach(candidate), key])
    }
    case 'plugins': {
      const map = document.items(source.at)
      if (map.kind !== 'items') return []
      return map.items
        .filter(({ replaced, value }) => !replaced && value() === false)
        .map(({ key }): Off => [`plugin:${key}`, null])
    }
    case 'plugin':
      return document.value(source.at) === false ? [[candidate.scope, null]] : []
  }
}

function allowedBy(
  document: Document,
  { at, emptyMeansNone }: Extract<SwitchSource, { kind: 'allowed' }>,
  candidate: Candidate,
): Only[] {
  const map = document.items(at)
  const all = new Set(['stdio', 'remote'] as const)
  if (map.kind === 'items')
    return [
      { scope: reach(candidate), names: new Set(map.items.map(({ key }) => key)), kinds: all },
    ]
  const list = document.value(at)
  if (!Array.isArray(list)) return []
  if (list.length === 0 && emptyMeansNone !== true) return []
  const names = new Set(listed(list))
  const has = (field: string): boolean =>
    list.some((member) => typeof member === 'object' && member !== null && field in member)
  const kinds = new Set([
    ...(has('serverCommand') ? [] : (['stdio'] as const)),
    ...(has('serverUrl') ? [] : (['remote'] as const)),
  ])
  return [{ scope: reach(candidate), names, kinds }]
}

/** In a project's file, that project; in any other all that the client has. */
function reach({ scope }: Candidate): string | null {
  return scope.startsWith('project:') ? scope : null
}

function listed(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((member: unknown) => {
    const name =
      typeof member === 'object' && member !== null && 'serverName' in member
        ? member.serverName
        : member
    return typeof name === 'string' ? [name] : []
  })
}
