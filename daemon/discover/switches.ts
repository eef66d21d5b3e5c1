/** Which servers a file switches off besides those whose own entry says so. Pure. */
import type { SwitchSource } from '../../shared/clients/row.ts'
import type { Candidate } from './candidate.ts'
import type { Document } from './document.ts'
import { placesAt } from './entries.ts'

/** A name within a scope, or null for all of the scope. */
export type Off = readonly [scope: string, name: string | null]

const MAX_SWITCHES = 10_000

export function switchedOffIn(document: Document, candidate: Candidate): readonly Off[] {
  return (candidate.switches ?? [])
    .flatMap((source) => offBy(source, document, candidate))
    .slice(0, MAX_SWITCHES)
}

function offBy(source: SwitchSource, document: Document, candidate: Candidate): Off[] {
  switch (source.kind) {
    case 'names':
      return placesAt(document, source.at, candidate).flatMap(({ at, of }) => {
        const names = document.value(at)
        if (!Array.isArray(names)) return []
        return names.filter((name) => typeof name === 'string').map((name): Off => [of.scope, name])
      })
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
