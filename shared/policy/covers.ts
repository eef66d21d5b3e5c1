/** Whether one rule of the policy says all that another does. */
import type { HostRule } from '../model/policy.ts'
import { rangeHolds } from './host-range.ts'

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
    case 'cidr':
      return narrow.kind === 'cidr' && wide.bits <= narrow.bits && rangeHolds(wide, narrow.address)
  }
}
