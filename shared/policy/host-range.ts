/** Ranges of addresses in a policy: `10.0.0.0/8`, `2001:db8::/32`. */
import ipaddr from 'ipaddr.js'
import { canonicalAddress } from '../address/canonical.ts'
import type { HostRule } from '../model/policy.ts'
import { no, type Reading, say, yes } from './reading.ts'

/** Shorter ones hold large parts of the internet; two of them side by side would hold all. */
const LEAST_BITS = { four: 8, six: 16 } as const

/** Wide ranges that never lead to the open internet. */
const CONTAINED: readonly (readonly [address: string, bits: number])[] = [
  ['224.0.0.0', 4], // multicast
  ['fc00::', 7], // unique local
  ['fe80::', 10], // link-local
  ['ff00::', 8], // multicast
]

/** Reads `address/bits` with the network's own address in front. */
export function readRange(text: string, port: number | null): Reading<HostRule> {
  const slash = text.indexOf('/')
  const given = canonicalAddress(text.slice(0, slash))
  const digits = text.slice(slash + 1)
  if (given === null || given.zone !== null || !/^\d{1,3}$/.test(digits))
    return no('not a range of addresses', 'write one like "10.0.0.0/8" or "2001:db8::/32"')
  // An IPv4 address written in IPv6 (RFC 4291 §2.5.5.2) is one, and so is a range of them.
  const mapped = text.includes(':') && !given.address.includes(':')
  const bits = Number(digits) - (mapped ? 96 : 0)
  const whole = given.address.includes(':') ? 128 : 32
  if (bits < 0 || bits > whole)
    return no('a range that cannot be', `the number behind the slash is at most ${whole}`)
  const network = networkOf(given.address, bits)
  if (isTooWide(network, bits))
    return no('a range that holds a large part of the internet', 'write "open" if all is meant')
  if (network !== given.address)
    return no(
      'a range that does not begin at its first address',
      `write ${say(`${network}/${bits}`)}, or ${say(given.address)} for that address alone`,
    )
  return yes({ kind: 'cidr', address: network, bits, port })
}

/** Whether `address` (canonical) lies in the range. */
export function rangeHolds(range: { address: string; bits: number }, address: string): boolean {
  if (range.address.includes(':') !== address.includes(':')) return false
  const whole = address.includes(':') ? 128 : 32
  if (range.bits === whole) return range.address === address
  return networkOf(address, range.bits) === range.address
}

function networkOf(address: string, bits: number): string {
  const kind = address.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4
  const network = kind.networkAddressFromCIDR(`${address}/${bits}`).toString()
  return canonicalAddress(network)?.address ?? network
}

function isTooWide(network: string, bits: number): boolean {
  const least = network.includes(':') ? LEAST_BITS.six : LEAST_BITS.four
  if (bits >= least) return false
  return !CONTAINED.some(
    ([address, wide]) => bits >= wide && rangeHolds({ address, bits: wide }, network),
  )
}
