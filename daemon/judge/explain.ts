/** The paragraph of a finding: what happened, why it matters, what to do. */
import type { Connection } from '../../shared/model/connection.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type {
  Expectation,
  FindingKind,
  JudgedConnection,
  Scope,
} from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { isNameShared, settlingCommand } from '../../shared/text/settling-command.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Listening } from './state.ts'
import type { Subject } from './subject.ts'

type Records = ReadonlyMap<ServerId, ServerRecord>

/** The kinds of findings that a connection can be. */
export type EgressKind = Exclude<FindingKind, 'unreadable-server' | 'exposed-listener'>

const MAX_NAME = 80
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
  switch (kind) {
    case 'local-only-egress':
    case 'undeclared-destination':
      return [`${who} ${promiseOf(subject)}, but ${what}.`, wayOut(judged), END, ...settle].join(
        ' ',
      )
    case 'metadata-service':
      return [
        `${who} asked for the credentials of this machine: ${what}.`,
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
        `${who} went where it never did in the days it was watched: ${what}.`,
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
  { owner, local }: Listening,
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
      : `on ${local.address}`
  return [
    `${whoOf(subject, records)} accepts connections from other machines:`,
    `${processOf(owner)} listens on TCP port ${local.port} ${on}.`,
    'Whoever reaches that port can use what the server can reach, often without a password.',
    'Have it listen on 127.0.0.1 by its settings, or keep the port closed with a firewall.',
  ].join(' ')
}

function whoOf({ instance, serverId, record }: Subject, records: Records): string {
  if (instance.serverIds.length > 1) {
    const names = instance.serverIds.map((id) => nameOf(records.get(id) ?? null, id))
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

function wayOut({ connection }: JudgedConnection): string {
  return connection.direction === 'inbound'
    ? 'Whoever reaches that port can use what the server can reach.'
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

function processOf(owner: Connection['owner']): string {
  if (owner === null) return 'a process of it'
  const program = owner.executable === null ? 'a program' : clean(basename(owner.executable))
  return `its ${owner.role} process ${owner.pid} (${program})`
}

function happened({ connection, scope, names }: JudgedConnection): string {
  const { protocol, remote, local, owner } = connection
  const process = processOf(owner)
  const by = protocol.toUpperCase()
  if (connection.direction === 'inbound')
    return `${process} was reached over ${by} on port ${local.port} from ${remote.address}, ${PLACE[scope]}`
  const [host] = names.filter(({ source }) => source === 'expected-host')
  const named = host === undefined ? '' : ` (${clean(host.name)})`
  const to = `${remote.address}${named} port ${remote.port}, ${PLACE[scope]}`
  switch (connection.outcome) {
    case 'addressed':
      return `${process} opened a ${by} socket to ${to}; whether it sent anything was not seen`
    case 'established':
      return `${process} connected over ${by} to ${to}`
    case 'refused':
    case 'timed-out':
    case 'abandoned':
    case 'no-route':
    case 'unknown':
      return `${process} tried to connect over ${by} to ${to}`
  }
}

const PLACE: Readonly<Record<Scope, string>> = {
  loopback: 'on this machine',
  self: 'on this machine',
  unspecified: 'on this machine',
  'link-local': 'in the network this machine is directly on',
  metadata: "where a cloud hands out this machine's credentials",
  private: 'in a private network',
  'unique-local': 'in a private network',
  cgnat: "in a provider's shared network or a VPN",
  multicast: 'a group address that many machines may listen to',
  public: 'on the internet',
}

/** Names are chosen by programs and files that are not trusted. */
function clean(text: string): string {
  return truncate(stripControl(text).trim(), MAX_NAME)
}
