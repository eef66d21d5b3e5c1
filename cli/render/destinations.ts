/** The destinations of one server as text. Addresses are evidence: they are never cut. */
import type { DestinationJson, OwnerJson } from '../../shared/contract/common.ts'
import { OUTCOMES } from '../../shared/model/outcome.ts'
import { sizeText } from '../../shared/text/size.ts'
import { type Style, verdictPaint } from './style.ts'
import { clean, plural, wrap } from './text.ts'
import { shortMoment } from './time.ts'
import { CLASS_WORDS, NAME_SOURCE_WORDS, OUTCOME_WORDS, reasonSentence } from './words.ts'

const RANK = { unexpected: 0, unknown: 1, expected: 2 } as const

/** Says with which command the user decides about a destination; null where nothing is to be decided. */
export type Settle = (destination: DestinationJson) => string | null

/** Two to four lines each, what matters most first. */
export function renderDestinations(
  destinations: readonly DestinationJson[],
  style: Style,
  columns: number | null,
  nowMs: number,
  settle: Settle,
): string[] {
  return destinations
    .toSorted(
      (a, b) =>
        RANK[a.verdict] - RANK[b.verdict] || Date.parse(b.lastSeen) - Date.parse(a.lastSeen),
    )
    .flatMap((destination) => renderDestination(destination, style, columns, nowMs, settle))
}

function renderDestination(
  destination: DestinationJson,
  style: Style,
  columns: number | null,
  nowMs: number,
  settle: Settle,
): string[] {
  const command = settle(destination)
  const arrow = destination.direction === 'outbound' ? '→' : '←'
  const verdict = verdictPaint(style, destination.verdict)(destination.verdict)
  const names = destination.names.map(
    ({ name, source }) => `${clean(name)} (${NAME_SOURCE_WORDS[source]})`,
  )
  const { reason, scope } = destination
  const why = reason === null ? '' : `: ${reasonSentence(reason, scope)}`
  return [
    `    ${arrow} ${style.bold(endpoint(destination))}  ${verdict}`,
    ...(names.length === 0 ? [] : [wrap(`named ${names.join(', ')}`, columns, '      ')]),
    wrap(`${CLASS_WORDS[destination.trafficClass]}, ${scope}${why}`, columns, '      '),
    style.dim(wrap(facts(destination, nowMs), columns, '      ')),
    // Never wrapped: it is to be copied.
    ...(command === null ? [] : [`      ${SETTLE_WORDS[destination.verdict]}: ${command}`]),
  ]
}

const SETTLE_WORDS = {
  unexpected: 'if it is right',
  unknown: 'to settle it',
  expected: '',
} as const

/** `203.0.113.10:443 tcp`, IPv6 in brackets (RFC 3986, 3.2.2). */
export function endpoint(to: {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string | null
  readonly port: number
}): string {
  const address = to.address === null ? 'unknown address' : clean(to.address)
  return `${address.includes(':') ? `[${address}]` : address}:${to.port} ${to.protocol}`
}

function facts(destination: DestinationJson, nowMs: number): string {
  const parts = [
    `${plural(destination.connections, 'connection')}${destination.open > 0 ? `, ${destination.open} open` : ''}`,
    ...outcomes(destination),
    ...traffic(destination),
    `last seen ${shortMoment(destination.lastSeen, nowMs)}`,
    ...(destination.inherited ? ['inherited'] : []),
    ...(destination.relayed ? ['passed on from there'] : []),
    ...people('by', destination.owners),
    ...people('perhaps by', destination.candidates),
  ]
  return parts.join(' · ')
}

function outcomes({ outcomes: counts, attempted }: DestinationJson): string[] {
  const said = OUTCOMES.filter((outcome) => outcome !== 'established').flatMap((outcome) => {
    const count = counts[outcome] ?? 0
    return count === 0 ? [] : [`${count} ${OUTCOME_WORDS[outcome]}`]
  })
  if (!attempted) return said
  return [`attempted, nothing reached${said.length === 0 ? '' : `: ${said.join(', ')}`}`]
}

/** Where the engine could tell; of datagrams only what was sent is counted. */
function traffic({ bytes }: DestinationJson): string[] {
  const sent = bytes?.sent ?? null
  const received = bytes?.received ?? null
  const said = [
    ...(sent === null ? [] : [`${sizeText(sent)} out`]),
    ...(received === null ? [] : [`${sizeText(received)} in`]),
  ]
  return said.length === 0 ? [] : [said.join(', ')]
}

const MOST_OWNERS = 4

function people(word: string, owners: readonly OwnerJson[]): string[] {
  if (owners.length === 0) return []
  const shown = owners.slice(0, MOST_OWNERS).map(({ pid, role, executable }) => {
    const base =
      executable === null ? '' : ` ${clean(executable.slice(executable.lastIndexOf('/') + 1))}`
    return `${pid}${base} (${role})`
  })
  const more = owners.length - shown.length
  return [`${word} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
}
