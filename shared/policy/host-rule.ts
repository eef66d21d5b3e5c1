/** The hosts a policy lists: how they are written, read and printed. Pure and total. */
import { canonicalAddress } from '../address/canonical.ts'
import type { HostRule } from '../model/policy.ts'
import { checkName, checkSuffix } from './host-name.ts'
import { readRange } from './host-range.ts'
import { no, type Reading, say, yes } from './reading.ts'

/** Longer than a name (253 characters, RFC 1035) with its port. */
const MAX_TEXT = 300
const PORT = /^[1-9]\d{0,4}$/
const URL_SHAPE = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*)/i
const SCHEME_PORTS: Readonly<Record<string, string>> = { https: '443', http: '80', wss: '443' }
const KEYWORDS: readonly string[] = ['none', 'local-only', 'lan', 'open', 'rules']

/** How a name of other letters becomes one that DNS knows (`xn--…`); the empty text when it cannot. */
export type ToAscii = (name: string) => string

/**
 * Reads `host`, `host:443`, `.example.com`, `10.0.0.1:443`, `10.0.0.0/8`, `[2001:db8::1]:443`, `2001:db8::/32` or
 * `[2001:db8::/32]:443`. `formatHostRule` of what it gives reads as the same rule again.
 */
export function parseHostRule(text: string, toAscii: ToAscii = () => ''): Reading<HostRule> {
  const trimmed = text.trim()
  const slip = findSlip(trimmed, toAscii)
  if (slip !== null) return slip
  const [target, port] = splitPort(trimmed)
  if (port !== null && !(PORT.test(port) && Number(port) <= 65_535))
    return no('a port is a number from 1 to 65535', 'write it like "api.example.com:443"')
  const number = port === null ? null : Number(port)
  if (target.includes('/')) return readRange(target, number)
  const address = canonicalAddress(target)
  if (address !== null) {
    if (address.zone !== null)
      return no('an address with a zone', `leave out the zone: ${say(address.address)}`)
    const bits = address.address.includes(':') ? 128 : 32
    return yes({ kind: 'cidr', address: address.address, bits, port: number })
  }
  if (target.includes(':'))
    return no('not an address', 'write an IPv6 address with a port like "[2001:db8::1]:443"')
  return readName(target, number, toAscii)
}

/** As a person writes it. */
export function formatHostRule(rule: HostRule): string {
  const port = rule.port === null ? '' : `:${rule.port}`
  switch (rule.kind) {
    case 'host':
      return rule.host + port
    case 'suffix':
      return `.${rule.suffix}${port}`
    case 'cidr': {
      const six = rule.address.includes(':')
      const range = rule.bits === (six ? 128 : 32) ? rule.address : `${rule.address}/${rule.bits}`
      return six && rule.port !== null ? `[${range}]${port}` : range + port
    }
  }
}

function readName(target: string, port: number | null, toAscii: ToAscii): Reading<HostRule> {
  const suffix = target.startsWith('.')
  const written = (suffix ? target.slice(1) : target).replace(/\.$/, '')
  const ascii = /^[\x21-\x7e]*$/.test(written) ? written : toAscii(written)
  const name = ascii.toLowerCase()
  const wrong = checkName(name) ?? (suffix ? checkSuffix(name) : null)
  if (wrong !== null) return wrong
  return yes(suffix ? { kind: 'suffix', suffix: name, port } : { kind: 'host', host: name, port })
}

/** `[x]:port` and `x:port`; an IPv6 address without brackets has no port. */
function splitPort(text: string): [target: string, port: string | null] {
  const bracket = /^\[([^[\]]*)\](?::(.*))?$/s.exec(text)
  if (bracket) return [bracket[1] ?? '', bracket[2] ?? null]
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.indexOf(':') !== colon) return [text, null]
  return [text.slice(0, colon), text.slice(colon + 1)]
}

/** What people write who know other tools, with what to write here. */
function findSlip(text: string, toAscii: ToAscii): Reading<HostRule> | null {
  const instead = (candidate: string): string | null => {
    if (candidate.length >= text.length) return null
    const reading = parseHostRule(candidate, toAscii)
    return reading.ok ? formatHostRule(reading.value) : null
  }
  if (text === '') return no('no host at all', 'write a host like "api.example.com:443"')
  if (text.length > MAX_TEXT) return no('too long for a host', 'names have at most 253 characters')
  if (KEYWORDS.includes(text))
    return no(
      'a word that stands for a whole expectation, in a list of hosts',
      'write the word alone, without the list',
    )
  const url = URL_SHAPE.exec(text)
  if (url) {
    const host = url[2] ?? ''
    const port = SCHEME_PORTS[(url[1] ?? '').toLowerCase()]
    const better = (port === undefined ? null : instead(`${host}:${port}`)) ?? instead(host)
    return no(
      'a web address where a host is meant',
      `write ${say(better ?? 'api.example.com:443')}`,
    )
  }
  if (/^\*(:\d*)?$/.test(text)) return no('any host at all', 'write "open" instead of the list')
  if (text.startsWith('*.')) {
    const better = instead(text.slice(1))
    return no(
      'a name with a wildcard',
      `write ${say(better ?? '.example.com')}: the domain and all below it`,
    )
  }
  if (text.includes('*'))
    return no('a name with a wildcard', 'only whole domains can be given, like ".example.com"')
  if (text.includes('@'))
    return no('more than a host', 'leave out the user: write a host like "api.example.com:443"')
  const slash = text.indexOf('/')
  if (slash > 0 && !/^[\d.[\]:a-f]+\/[\d:\]]*$/i.test(text)) {
    const better = instead(text.slice(0, slash))
    return no('more than a host', `leave out the path: write ${say(better ?? 'api.example.com')}`)
  }
  return null
}
