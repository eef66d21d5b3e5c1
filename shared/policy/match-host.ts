/** Whether a rule of the policy covers a destination. */
import { canonicalAddress } from '../address/canonical.ts'
import { scopeOf } from '../address/scope.ts'
import type { HostRule } from '../model/policy.ts'
import { rangeHolds } from './host-range.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
  /** Names that are known to stand for the address at this time; in any case, with or without a last dot. */
  readonly names: readonly string[]
}

const NOBODY: ReadonlySet<string> = new Set()

/**
 * A service that hands out credentials (scope `metadata`) is covered by its very address alone: neither by a range
 * around it nor by a name, which its owner can point there (DNS rebinding).
 */
export function hostRuleMatches(rule: HostRule, endpoint: Endpoint): boolean {
  if (rule.port !== null && rule.port !== endpoint.port) return false
  const address = canonicalAddress(endpoint.address)?.address
  if (address === undefined) return false
  const metadata = scopeOf(address, NOBODY) === 'metadata'
  switch (rule.kind) {
    case 'host':
      return !metadata && endpoint.names.some((name) => normal(name) === rule.host)
    case 'suffix':
      return !metadata && endpoint.names.some((name) => isBelow(normal(name), rule.suffix))
    case 'cidr':
      return metadata ? rule.address === address && isWhole(rule) : rangeHolds(rule, address)
  }
}

/** What expectation `lan` covers beyond this host, as rules: for when one more host is added to it. */
export const LAN_RULES: readonly HostRule[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
].map(([address, bits]) => ({
  kind: 'cidr',
  address: String(address),
  bits: Number(bits),
  port: null,
}))

function isWhole(rule: { address: string; bits: number }): boolean {
  return rule.bits === (rule.address.includes(':') ? 128 : 32)
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function isBelow(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`)
}
