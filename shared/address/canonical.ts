/** One way of writing an IP address, so that equal addresses are equal strings everywhere. */
import ipaddr from 'ipaddr.js'

/** `address` by RFC 5952, an IPv4-mapped one as plain IPv4; `zone` is what stood behind `%`, never part of it. */
export interface CanonicalAddress {
  readonly address: string
  readonly zone: string | null
}

/** Longest text that can be an address: 45 characters (RFC 4291 with embedded IPv4), `%`, a zone, brackets. */
const MAX_TEXT = 128
/** Interface names on Linux have no slash and no white space (dev_valid_name); printable is all we pass on. */
const ZONE = /^[\x21-\x24\x26-\x2e\x30-\x7e]{1,64}$/

/**
 * Reads an IPv4 address in four decimal parts or an IPv6 address, with or without brackets and zone.
 * Null for anything else: host names, `*`, octal or shortened IPv4 (which tools read differently).
 */
export function canonicalAddress(text: string): CanonicalAddress | null {
  if (text.length === 0 || text.length > MAX_TEXT) return null
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const percent = bare.indexOf('%')
  const zone = percent < 0 ? null : bare.slice(percent + 1)
  if (zone !== null && !ZONE.test(zone)) return null
  const address = canonicalBare(percent < 0 ? bare : bare.slice(0, percent))
  return address === null ? null : { address, zone }
}

function canonicalBare(text: string): string | null {
  if (!text.includes(':')) {
    return ipaddr.IPv4.isValidFourPartDecimal(text) ? text : null
  }
  if (!ipaddr.IPv6.isValid(text)) return null
  const parsed = ipaddr.IPv6.parse(text)
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String()
}
