/** How far away an address is: what a connection to it means for "should stay on this machine". */
import ipaddr from 'ipaddr.js'
import type { Scope } from '../model/judgement.ts'
import { canonicalAddress, ipv4Number } from './canonical.ts'

/**
 * Where cloud providers and container platforms hand out credentials to whoever asks. They lie inside link-local,
 * unique-local, cgnat or even public ranges, so they are named one by one.
 */
const METADATA: ReadonlySet<string> = new Set([
  '169.254.169.254', // AWS, Azure, Google, OpenStack and most others
  'fd00:ec2::254', // AWS over IPv6
  'fe80::a9fe:a9fe', // OpenStack over IPv6
  'fd20:ce::254', // Google over IPv6
  '169.254.170.2', // AWS ECS task credentials
  '169.254.170.23', // AWS EKS pod identity
  'fd00:ec2::23', // AWS EKS pod identity over IPv6
  '168.63.129.16', // Azure host agent
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  '169.254.0.23', // Tencent
  '169.254.42.42', // Scaleway
  'fd00:42::42', // Scaleway over IPv6
])

type Range<T> = readonly [network: T, prefix: number, scope: Scope]

const V4: readonly Range<number>[] = [
  v4Range('127.0.0.0', 8, 'loopback'),
  v4Range('0.0.0.0', 32, 'unspecified'),
  v4Range('169.254.0.0', 16, 'link-local'),
  v4Range('10.0.0.0', 8, 'private'),
  v4Range('172.16.0.0', 12, 'private'),
  v4Range('192.168.0.0', 16, 'private'),
  v4Range('100.64.0.0', 10, 'cgnat'),
  v4Range('224.0.0.0', 4, 'multicast'),
  v4Range('255.255.255.255', 32, 'multicast'), // limited broadcast: never leaves the segment
]

function v4Range(network: string, prefix: number, scope: Scope): Range<number> {
  return [ipv4Number(network) ?? 0, prefix, scope]
}

// fec0::/10 is not here on purpose: RFC 3879 has it treated as global unicast.
const V6: readonly Range<ipaddr.IPv6>[] = [
  [ipaddr.IPv6.parse('::1'), 128, 'loopback'],
  [ipaddr.IPv6.parse('::'), 128, 'unspecified'],
  [ipaddr.IPv6.parse('fe80::'), 10, 'link-local'],
  [ipaddr.IPv6.parse('fc00::'), 7, 'unique-local'],
  [ipaddr.IPv6.parse('ff00::'), 8, 'multicast'],
]

const SIX_TO_FOUR = ipaddr.IPv6.parse('2002::') // RFC 3056, /16, IPv4 in bytes 2 to 5
const NAT64 = ipaddr.IPv6.parse('64:ff9b::') // RFC 6052, /96, IPv4 in the last 4 bytes

/**
 * Scope of an address. `selfAddresses` are this host's own, in canonical form; they win over public, private and
 * the like, but not over loopback and metadata. What is no address at all counts as public, the cautious answer.
 */
export function scopeOf(address: string, selfAddresses: ReadonlySet<string>): Scope {
  const canonical = canonicalAddress(address)?.address
  if (canonical === undefined) return 'public'
  if (METADATA.has(canonical)) return 'metadata'
  const v4 = ipv4Number(canonical)
  const parsed = v4 === null ? ipaddr.IPv6.parse(canonical) : null
  const ranged = v4 === null ? inRanges(parsed, V6) : inV4Ranges(v4)
  if (ranged === 'loopback' || ranged === 'unspecified') return ranged
  if (selfAddresses.has(canonical)) return 'self'
  if (ranged !== null) return ranged
  return parsed === null ? 'public' : scopeOfEmbedded(parsed)
}

/**
 * 6to4 and NAT64 addresses lead to the IPv4 address inside. One that would be this host's if it stood alone is still
 * sent to a relay, so a loopback inside must not make it local.
 */
function scopeOfEmbedded(address: ipaddr.IPv6): Scope {
  const bytes = address.toByteArray()
  const inner = address.match(SIX_TO_FOUR, 16)
    ? bytes.slice(2, 6)
    : address.match(NAT64, 96)
      ? bytes.slice(12)
      : null
  if (inner === null) return 'public'
  const scope = scopeOf(inner.join('.'), new Set())
  return scope === 'loopback' || scope === 'unspecified' ? 'public' : scope
}

function inV4Ranges(address: number): Scope | null {
  for (const [network, prefix, scope] of V4) {
    const size = 2 ** (32 - prefix)
    if (address >= network && address < network + size) return scope
  }
  return null
}

function inRanges(
  address: ipaddr.IPv6 | null,
  ranges: readonly Range<ipaddr.IPv6>[],
): Scope | null {
  return ranges.find(([network, prefix]) => address?.match(network, prefix))?.[2] ?? null
}
