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

/**
 * An IPv4 address in four decimal parts as a number of 32 bits; null for anything else, such as a part that begins with 0
 * (which some read as octal). By hand because it is asked of both ends of every socket, at every look.
 */
export function ipv4Number(text: string): number | null {
  if (text.length > 15) return null
  let value = 0
  let part = -1
  let dots = 0
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit === DOT) {
      if (part < 0) return null
      value = value * 256 + part
      part = -1
      dots += 1
    } else {
      if (digit < 0 || digit > 9 || part === 0) return null
      part = part < 0 ? digit : part * 10 + digit
      if (part > 255) return null
    }
  }
  return dots === 3 && part >= 0 ? value * 256 + part : null
}

const DOT = '.'.charCodeAt(0) - 48

function canonicalBare(text: string): string | null {
  if (!text.includes(':')) {
    return ipv4Number(text) === null ? null : text
  }
  if (!ipaddr.IPv6.isValid(text)) return null
  const parsed = ipaddr.IPv6.parse(text)
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String()
}
