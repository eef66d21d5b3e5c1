/** Names of network interfaces, which rows carry as numbers. */
import { canonicalAddress } from '../../../shared/address/canonical.ts'
import type { InterfaceName } from './inet-diag.ts'

export interface Interfaces {
  readonly name: InterfaceName
  /** The number behind a name that `name` gave; 0 for none, as in the kernel's requests. */
  index(name: string): number
  /** Interfaces can be renamed and their numbers used again: each list asks anew. */
  forget(): void
}

/** `lookUp` asks the system, in the namespace of the rows; null for an interface that is gone. */
export function createInterfaces(lookUp: (index: number) => string | null): Interfaces {
  const names = new Map<number, string>()
  const indexes = new Map<string, number>()
  return {
    name(index) {
      const known = names.get(index)
      if (known !== undefined) return known
      const name = printable(lookUp(index)) ?? `if${index}`
      names.set(index, name)
      indexes.set(name, index)
      return name
    },
    index: (name) => indexes.get(name) ?? 0,
    forget() {
      names.clear()
      if (indexes.size > MAX_NAMES) indexes.clear()
    },
  }
}

const MAX_NAMES = 4_096

/** Null for a name that could not stand behind `%`: whoever may make interfaces chooses their names. */
function printable(name: string | null): string | null {
  return name === null ? null : (canonicalAddress(`::1%${name}`)?.zone ?? null)
}
