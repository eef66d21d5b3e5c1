/** Whether one rule of the policy says all that another does. */
import { scopeOf } from '../address/scope.ts'
import type { HostRule } from '../model/policy.ts'
import { rangeHolds } from './host-range.ts'

const NOBODY: ReadonlySet<string> = new Set()

export function coversHost(wide: HostRule, narrow: HostRule): boolean {
  if (wide.port !== null && wide.port !== narrow.port) return false
  switch (wide.kind) {
    case 'host':
      return narrow.kind === 'host' && narrow.host === wide.host
    case 'suffix': {
      if (narrow.kind === 'cidr') return false
      const name = narrow.kind === 'host' ? narrow.host : narrow.suffix
      return name === wide.suffix || name.endsWith(`.${wide.suffix}`)
    }
    case 'cidr': {
      if (narrow.kind !== 'cidr' || wide.bits > narrow.bits) return false
      // As hostRuleMatches has it: a range says nothing about a metadata service in it.
      const metadata = scopeOf(narrow.address, NOBODY) === 'metadata'
      return metadata && wide.bits !== narrow.bits ? false : rangeHolds(wide, narrow.address)
    }
  }
}
