/** The paragraph of a finding: what happened, why it matters, what to do. */
import type { Connection } from '../../shared/model/connection.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { JudgedConnection, Scope } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Subject } from './subject.ts'

type Records = ReadonlyMap<ServerId, ServerRecord>

const MAX_NAME = 80

export function explainEgress(
  judged: JudgedConnection,
  subject: Subject,
  records: Records,
): string {
  const { connection } = judged
  return [
    `${whoOf(subject, records)} ${promiseOf(subject)}, but ${happened(connection, judged.scope)}.`,
    connection.direction === 'inbound'
      ? 'Whoever reaches that port can use what the server can reach.'
      : 'Whatever the server reads or is told can leave this way.',
    'If you did not mean it to, end the server, find out what it runs and where that came from,',
    'and change the keys it was given.',
  ].join(' ')
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

function whoOf({ instance, serverId, record }: Subject, records: Records): string {
  if (instance.serverIds.length > 1) {
    const names = instance.serverIds.map((id) => nameOf(records.get(id) ?? null, id))
    return `One of the servers ${names.join(', ')} (they cannot be told apart)`
  }
  return `The server ${nameOf(record, serverId)}`
}

function nameOf(record: ServerRecord | null, id: ServerId): string {
  if (record === null) return id
  const { name, client } = record.server
  return `"${clean(name)}" of ${clean(client)}`
}

function promiseOf({ expectation }: Subject): string {
  return expectation === 'none' ? 'should not connect to anything' : 'should stay on this machine'
}

function happened(connection: Connection, scope: Scope): string {
  const { protocol, remote, local, owner } = connection
  const program = owner?.executable == null ? 'a program' : clean(basename(owner.executable))
  const process =
    owner === null ? 'a process of it' : `its ${owner.role} process ${owner.pid} (${program})`
  const by = protocol.toUpperCase()
  if (connection.direction === 'inbound')
    return `${process} was reached over ${by} on port ${local.port} from ${remote.address}, ${PLACE[scope]}, or connected there from that port`
  const to = `${remote.address} port ${remote.port}, ${PLACE[scope]}`
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
