/** The paragraph of a finding: what happened, why it matters, what to do. */
import type { ServerId } from '../../shared/model/ids.ts'
import type { Expectation, FindingKind, JudgedConnection } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { isNameShared, settlingCommand } from '../../shared/text/settling-command.ts'
import { clean, happened, MAX_NAME, processOf } from './happened.ts'
import { isAttempt } from './scopes.ts'
import type { Listening, RawSighting } from './state.ts'
import type { Subject } from './subject.ts'

type Records = ReadonlyMap<ServerId, ServerRecord>

/** The kinds of findings that a connection can be. */
export type EgressKind = Exclude<
  FindingKind,
  | 'unreadable-server'
  | 'exposed-listener'
  | 'raw-socket'
  | 'config-drift'
  | 'unconfigured-server'
  | 'orphan-egress'
>

const MAX_ADDRESSES = 4

const END =
  'If you did not mean it to, end the server, find out what it runs and where that came from, and change the keys it was given.'

export function explainEgress(
  kind: EgressKind,
  judged: JudgedConnection,
  subject: Subject,
  records: Records,
): string {
  const what = happened(judged)
  const who = whoOf(subject, records)
  const settle = settleOf(judged, subject, records)
  const isTried = isAttempt(judged.connection)
  switch (kind) {
    case 'local-only-egress':
    case 'undeclared-destination':
      return [`${who} ${promiseOf(subject)}, but ${what}.`, wayOut(judged), END, ...settle].join(
        ' ',
      )
    case 'metadata-service':
      return [
        `${who} ${isTried ? 'tried to ask' : 'asked'} for the credentials of this machine: ${what}.`,
        'Whoever reads there can do in the cloud what this machine may do. Few servers have a reason to.',
        END,
        ...settle,
      ].join(' ')
    case 'install-time-egress':
      return [
        `While ${thatOf(who)} was being installed, ${what}; that is not its package registry.`,
        'An install script runs with all your rights before the server is used, and is where packages hide what they steal.',
        'If you do not know what it fetched, remove the package, and change the keys that were within its reach.',
        ...settle,
      ].join(' ')
    case 'new-destination':
      return [
        `${who} ${isTried ? 'tried to go' : 'went'} where it never did in the days it was watched: ${what}.`,
        'That may be a new version or a new task; it is also what a server does that was taken over.',
        'If it surprises you, see what changed in the package. To hold the server to the hosts it needs, list them in the policy.',
      ].join(' ')
  }
}

/** For the destinations of one server that are too many to tell one by one. */
export function explainMore(subject: Subject, records: Records, limit: number): string {
  return [
    `${whoOf(subject, records)} ${promiseOf(subject)}, but went to more than ${limit} destinations;`,
    'the further ones are only counted here. A server that tries so many may be scanning a network.',
    'End it and find out what it runs and where that came from.',
  ].join(' ')
}

export function explainHidden(subject: Subject, records: Records): string {
  return [
    `${whoOf(subject, records)} ${promiseOf(subject)}, but one of its processes does not let itself be looked into,`,
    'so nobody can say what it is connected to. Few programs do that without a reason.',
    'Find out what the server runs; if it must run so, watch it with more privileges.',
  ].join(' ')
}

/** `reach`: addresses of this machine under which others reach the port; empty when they are not known. */
export function explainExposed(
  { owner, local, inside }: Listening,
  subject: Subject,
  records: Records,
  reach: readonly string[],
): string {
  const shown = reach.slice(0, MAX_ADDRESSES)
  const more = reach.length > shown.length ? ` and ${reach.length - shown.length} more` : ''
  const where = shown.length === 0 ? '' : ` (reachable at ${shown.join(', ')}${more})`
  const on =
    local.address === '0.0.0.0' || local.address === '::'
      ? `on every address of this machine${where}`
      : `on ${shown[0] ?? local.address}`
  const isPublished = inside !== undefined
  const port = isPublished
    ? `${inside} of its container, published as port ${local.port}`
    : local.port
  return [
    `${whoOf(subject, records)} accepts connections from other machines:`,
    `${processOf(owner)} listens on TCP port ${port} ${on}.`,
    'Whoever reaches that port can use what the server can reach, often without a password.',
    isPublished
      ? `Publish it for this machine alone (--publish 127.0.0.1:${local.port}:${inside}).`
      : 'Have it listen on 127.0.0.1 by its settings, or keep the port closed with a firewall.',
  ].join(' ')
}

const RAW_SOCKETS: Readonly<Record<RawSighting['family'], string>> = {
  ipv4: 'a raw socket for IPv4',
  ipv6: 'a raw socket for IPv6',
  packet: 'a packet socket',
}

export function explainRaw(
  { owner, family }: RawSighting,
  subject: Subject,
  records: Records,
): string {
  return [
    `${whoOf(subject, records)} can send and read packets by itself: ${processOf(owner)} made ${RAW_SOCKETS[family]}.`,
    'What goes through it, and where to, is not recorded here: it passes by TCP and UDP, and can carry anything out of this machine or hear what others send.',
    'Programs such as ping and traceroute need one. If this server has no reason to, end it, and find out what it runs and where that came from.',
    'See that it does not run with the rights this takes (root or CAP_NET_RAW).',
  ].join(' ')
}

function whoOf({ instance, serverId, record }: Subject, records: Records): string {
  if (instance.serverIds.length > 1) {
    const names = instance.serverIds.map((id) => nameOf(records.get(id) ?? null, id))
    if (instance.quality === 'listener') return `The server of the entries ${names.join(', ')}`
    return `One of the servers ${names.join(', ')} (they cannot be told apart)`
  }
  return `The server ${nameOf(record, serverId)}`
}

function thatOf(who: string): string {
  return `${who.slice(0, 1).toLowerCase()}${who.slice(1)}`
}

function nameOf(record: ServerRecord | null, id: ServerId): string {
  if (record === null) return id
  const { name, client } = record.server
  return `"${clean(name)}" of ${clean(client)}`
}

const PROMISES: Readonly<Record<Expectation, string>> = {
  none: 'should not connect to anything',
  'local-only': 'should stay on this machine',
  lan: 'should stay on the local network',
  rules: 'should use only the hosts that are listed for it',
  open: 'may connect anywhere',
}

function promiseOf({ expectation }: Subject): string {
  return PROMISES[expectation]
}

function wayOut({ connection, scope }: JudgedConnection): string {
  if (connection.direction === 'inbound')
    return 'Whoever reaches that port can use what the server can reach.'
  if (isAttempt(connection))
    return 'Had it been let in, whatever the server reads or is told could have left this way.'
  return scope === 'loopback' || scope === 'self'
    ? 'What listens there can pass on whatever the server tells it.'
    : 'Whatever the server reads or is told can leave this way.'
}

/** Nothing for servers that cannot be told apart: a decision about one would not be heard for the other. */
function settleOf(judged: JudgedConnection, subject: Subject, records: Records): string[] {
  const { record } = subject
  if (record === null || subject.instance.serverIds.length > 1) return []
  const { id, name, client } = record.server
  const { connection } = judged
  const command = settlingCommand(
    {
      ...judged,
      address: connection.remote.address,
      port: connection.direction === 'inbound' ? connection.local.port : connection.remote.port,
    },
    {
      id,
      name: name.length > MAX_NAME ? id : name,
      client,
      expectation: record.expectation,
      isNameShared: isNameShared(
        record.server,
        [...records.values()].map(({ server }) => server),
      ),
    },
  )
  return command === null ? [] : [`If it is right: ${command}`]
}
