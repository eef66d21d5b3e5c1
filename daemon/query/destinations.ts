/**
 * Destinations: server × protocol × address × port × direction, and traffic class, so that what a launcher fetches
 * stays apart from what the server does with the same address.
 */
import type { DestinationJson, OwnerJson } from '../../shared/contract/common.ts'
import type { Owner } from '../../shared/model/connection.ts'
import type { Verdict } from '../../shared/model/judgement.ts'
import { isFailed } from '../../shared/model/outcome.ts'
import { iso } from '../../shared/text/iso.ts'
import { FURTHER_DESTINATIONS } from '../store/patterns.ts'
import { jsonArray } from '../store/values.ts'
import type { ContactRow } from './contacts.ts'
import type { NameRow } from './rows.ts'

/** Owners and candidates listed of one destination, the latest first; a server can fork without end. */
const MAX_OWNERS = 50

const WEIGHT: Readonly<Record<Verdict, number>> = { unexpected: 2, unknown: 1, expected: 0 }

/** As RFC 4007 §11 writes an address whose scope needs its interface. */
export function addressText(address: string, zone: string): string {
  return zone === '' ? address : `${address}%${zone}`
}

/** The worst verdict first; of equal ones the latest. It lends the destination its verdict, reason and scope. */
function worst(contacts: readonly ContactRow[]): ContactRow | undefined {
  let best: ContactRow | undefined
  for (const contact of contacts) {
    const heavier = best === undefined ? 1 : WEIGHT[contact.verdict] - WEIGHT[best.verdict]
    if (heavier > 0 || (heavier === 0 && contact.lastSeen > (best?.lastSeen ?? 0))) best = contact
  }
  return best
}

function distinct(owners: readonly OwnerJson[]): OwnerJson[] {
  const seen = new Map<string, OwnerJson>()
  for (const { pid, role, executable } of owners) {
    const key = `${pid} ${role} ${executable ?? ''}`
    if (!seen.has(key)) seen.set(key, { pid, role, executable })
    if (seen.size === MAX_OWNERS) break
  }
  return [...seen.values()]
}

function ownersOf(contacts: readonly ContactRow[]): OwnerJson[] {
  return distinct(
    contacts.flatMap(({ ownerPid: pid, ownerRole: role, ownerExecutable: executable }) =>
      pid === null || role === null ? [] : [{ pid, role, executable }],
    ),
  )
}

function outcomesOf(contacts: readonly ContactRow[]): DestinationJson['outcomes'] {
  const outcomes: DestinationJson['outcomes'] = {}
  for (const { outcome, connections } of contacts) {
    if (connections > 0) outcomes[outcome] = (outcomes[outcome] ?? 0) + connections
  }
  return outcomes
}

function candidatesOf(contacts: readonly ContactRow[]): OwnerJson[] {
  return distinct(
    contacts.flatMap(({ candidates }) =>
      candidates === '[]' ? [] : (jsonArray(candidates) as Owner[]),
    ),
  )
}

function destinationJson(
  group: readonly ContactRow[],
  names: readonly NameRow[],
  to: number,
): DestinationJson | null {
  const contacts = group.toSorted((a, b) => b.lastSeen - a.lastSeen)
  const first = worst(contacts)
  if (first === undefined) return null
  const { protocol, address, zone, port, direction } = first.destination
  const { scope, trafficClass, verdict, reason } = first
  return {
    protocol,
    address: address === FURTHER_DESTINATIONS ? null : addressText(address, zone),
    port,
    direction,
    names: names.map(({ name, source, at }) => ({ name, source, at: iso(at) })),
    scope,
    trafficClass,
    verdict,
    reason,
    relayed: contacts.some(({ relayed }) => relayed === 1),
    inherited: contacts.every(({ inherited }) => inherited === 1),
    open: contacts.reduce((sum, { open }) => sum + open, 0),
    outcomes: outcomesOf(contacts),
    attempted: contacts.every(({ outcome }) => isFailed(outcome)),
    owners: ownersOf(contacts),
    candidates: candidatesOf(contacts),
    // Not Math.min(...list): a server that forks without end makes the list longer than a call takes arguments.
    firstSeen: iso(contacts.reduce((least, it) => Math.min(least, it.firstSeen), first.firstSeen)),
    lastSeen: iso(Math.min(to, contacts[0]?.lastSeen ?? to)),
    connections: contacts.reduce((sum, { connections }) => sum + connections, 0),
    bytes: bytesOf(contacts),
  }
}

/** Summed over those that are known of; null when nothing is. */
function bytesOf(contacts: readonly ContactRow[]): DestinationJson['bytes'] {
  const sent = sumOf(contacts.map(({ bytesSent }) => bytesSent))
  const received = sumOf(contacts.map(({ bytesReceived }) => bytesReceived))
  return sent === null && received === null ? null : { sent, received }
}

function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (count === null ? sum : (sum ?? 0) + count), null)
}

/** Worst verdict first, then in an order that stays the same while more connections come. */
function sorted(list: readonly DestinationJson[]): readonly DestinationJson[] {
  return list
    .map((it) => {
      const { firstSeen, address, port, protocol, direction, trafficClass } = it
      const key = [firstSeen, address, port, protocol, direction, trafficClass].join(' ')
      return { it, key: `${2 - WEIGHT[it.verdict]} ${key}` }
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ it }) => it)
}

export interface DestinationsInput {
  readonly contacts: readonly ContactRow[]
  readonly names: ReadonlyMap<number, readonly NameRow[]>
  readonly serversOf: ReadonlyMap<string, readonly string[]>
  /** End of the window. */
  readonly to: number
}

function serversOf({ instance, server }: ContactRow, input: DestinationsInput): readonly string[] {
  if (server !== null) return [server]
  return input.serversOf.get(instance ?? '') ?? []
}

/** By server id, worst verdict first. What a `one-of` instance did appears under each of its candidates. */
export function destinationsByServer(
  input: DestinationsInput,
): ReadonlyMap<string, readonly DestinationJson[]> {
  const groups = new Map<string, Map<string, ContactRow[]>>()
  for (const contact of input.contacts) {
    const key = `${contact.destination.id} ${contact.trafficClass}`
    for (const server of serversOf(contact, input)) {
      const ofServer = groups.get(server) ?? new Map<string, ContactRow[]>()
      groups.set(server, ofServer)
      const group = ofServer.get(key)
      if (group === undefined) ofServer.set(key, [contact])
      else group.push(contact)
    }
  }
  const answer = new Map<string, readonly DestinationJson[]>()
  for (const [server, ofServer] of groups) {
    const list = [...ofServer.values()].flatMap((group) => {
      const names = input.names.get(group[0]?.destination.id ?? -1) ?? []
      return destinationJson(group, names, input.to) ?? []
    })
    answer.set(server, sorted(list))
  }
  return answer
}
