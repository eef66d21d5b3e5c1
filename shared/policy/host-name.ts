/** Which names are hosts, and which are so wide that a list with them means nothing. */
import { no, type Reading } from './reading.ts'

/** RFC 1123 §2.1, with the underscore that container engines and private zones use. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Names of one label under which nobody sells names: RFC 6761, RFC 6762 appendix G, and `internal` since 2024. */
const PRIVATE_ZONES: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'test',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
])

/** What countries put before their own two letters; below lie the names of everybody there (`.co.uk`). */
const SECOND_LEVEL: ReadonlySet<string> = new Set(['ac', 'co', 'com', 'edu', 'gov', 'net', 'org'])

/** Null for a name that DNS can hold; lower case and ASCII is expected. */
export function checkName(name: string): Reading<never> | null {
  const labels = name.split('.')
  const last = labels.at(-1) ?? ''
  if (name.length === 0 || name.length > 253 || !labels.every((label) => LABEL.test(label)))
    return no('not a host name', 'write a host like "api.example.com:443" or ".example.com"')
  // A last label that is a number makes it an IPv4 address to every URL parser, in one of many spellings.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(last))
    return no(
      'not a whole address',
      'write an IPv4 address in four decimal parts, like "192.0.2.10"',
    )
  return null
}

/** Null unless everything below `suffix` is nobody's in particular. */
export function checkSuffix(suffix: string): Reading<never> | null {
  const labels = suffix.split('.')
  const [first = '', second = ''] = labels
  const single = labels.length === 1 && !PRIVATE_ZONES.has(first)
  const country = labels.length === 2 && second.length === 2 && SECOND_LEVEL.has(first)
  return single || country
    ? no(
        'a suffix that half the world is below',
        'name the domain, or write "open" if all is meant',
      )
    : null
}
