/** One connection in words, as the middle of a sentence. */
import type { Connection, Owner } from '../../shared/model/connection.ts'
import type { JudgedConnection, Scope } from '../../shared/model/judgement.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'

export const MAX_NAME = 80

export function happened({ connection, scope, names }: JudgedConnection): string {
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
      return `${process} tried to connect over ${by} to ${to}; ${resultOf(connection.outcome, connection)}`
  }
}

function resultOf(
  outcome: Exclude<Connection['outcome'], 'addressed' | 'established'>,
  { closedAt }: Connection,
): string {
  switch (outcome) {
    case 'refused':
      return 'it was refused, so nothing was reached'
    case 'timed-out':
      return 'nobody answered, so nothing was reached'
    case 'abandoned':
      return 'it gave up before there was an answer, so nothing was reached'
    case 'no-route':
      return 'there is no way there, so nothing was sent'
    case 'unknown':
      return closedAt === null
        ? 'no answer had come by then'
        : 'whether it was answered was not seen'
  }
}

export function processOf(owner: Owner | null): string {
  if (owner === null) return 'a process of it'
  const program = owner.executable === null ? 'a program' : clean(basename(owner.executable))
  return `its ${owner.role} process ${owner.pid} (${program})`
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
export function clean(text: string): string {
  return truncate(stripControl(text).trim(), MAX_NAME)
}
