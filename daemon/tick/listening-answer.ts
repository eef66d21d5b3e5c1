/** What stands behind an address on this machine, by the owners of the sockets that listen there. Pure. */
import type { Container } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
import { basename } from '../../shared/text/basename.ts'
import type { ListeningAt } from '../match/claims.ts'
import type { ListenerOwner } from '../ports.ts'
import type { Place } from './listening-places.ts'

/** `hidden`: somebody listens, and why it is not said who. */
export type Answer =
  | Exclude<ListeningAt, { readonly kind: 'moved' }>
  | { readonly kind: 'nobody' }
  /** Somebody listens, and who that is is being found out. */
  | { readonly kind: 'sought' }
  | { readonly kind: 'hidden'; readonly reason: NotObservedReason }

const NOBODY: Answer = { kind: 'nobody' }

export interface Question {
  readonly place: Place
  /** Of each socket that listens there. */
  readonly owners: readonly ListenerOwner[]
  readonly table: ProcessTable
  readonly containers: readonly Container[]
  readonly isClient: (process: Process) => boolean
}

export function answerFor({ place, owners, table, containers, isClient }: Question): Answer {
  const processes = owners.flatMap((owner) => (owner.kind === 'process' ? [owner.process] : []))
  const [first] = processes
  const isForwarded = first !== undefined && processes.every((each) => forwarderOf(each) !== null)
  const isSeen = owners.length > 0 && processes.length === owners.length
  if (isSeen && !isForwarded) return ownerOf(processes, table, isClient)
  const published = publisherOf(place, containers)
  if (published !== null) return published
  if (owners.length === 0) return NOBODY
  // Also where all processes were read and none has it: it is of one that we do not see at all.
  if (!isSeen || first === undefined) return { kind: 'hidden', reason: 'process-unreadable' }
  const isElsewhere = forwarderOf(first) === 'machine'
  return { kind: 'hidden', reason: isElsewhere ? 'container-elsewhere' : 'container-not-found' }
}

/**
 * Two programs that share a port by listening at 127.0.0.1 and at ::1, or by SO_REUSEPORT: what the client gets is for
 * its resolver, or for chance. Neither is named, unless one of them started all the others.
 */
function ownerOf(
  processes: readonly Process[],
  table: ProcessTable,
  isClient: Question['isClient'],
): Answer {
  const top = processes.find((process) =>
    processes.every((other) => other.pid === process.pid || isBelow(other, process, table)),
  )
  if (top === undefined || isForAnyService(top))
    return { kind: 'hidden', reason: 'listener-not-told' }
  // A part of the client serves it: all that the client does would be the server's.
  if (isClient(top)) return { kind: 'hidden', reason: 'in-client' }
  return { kind: 'process', pid: top.pid, startTicks: top.startTicks }
}

const MAX_DEPTH = 64

function isBelow(process: Process, above: Process, { processes }: ProcessTable): boolean {
  let pid = process.ppid
  for (let depth = 0; depth < MAX_DEPTH && pid > 1; depth += 1) {
    if (pid === above.pid) return true
    pid = processes.get(pid)?.ppid ?? 0
  }
  return false
}

/** Listens for services that it starts when somebody comes (systemd.socket(5), inetd(8)): below it is everything. */
function isForAnyService(process: Process): boolean {
  return process.pid === 1 || /^(systemd|launchd|init|inetd|xinetd)$/.test(programOf(process))
}

/** Programs that pass a published port on to a container; those for a virtual machine have it in there. */
const FORWARDERS: ReadonlyMap<string, 'container' | 'machine'> = new Map([
  ['docker-proxy', 'container'],
  ['rootlessport', 'container'],
  ['rootlessport-child', 'container'],
  ['rootlesskit', 'container'],
  ['slirp4netns', 'container'],
  ['pasta', 'container'],
  ['pasta.avx2', 'container'],
  ['conmon', 'container'],
  ['netavark', 'container'],
  ['com.docker.backend', 'machine'],
  ['com.docker.vpnkit', 'machine'],
  ['vpnkit-bridge', 'machine'],
  ['vpnkit', 'machine'],
  ['gvproxy', 'machine'],
  ['limactl', 'machine'],
  ['OrbStack Helper', 'machine'],
  ['wslrelay.exe', 'machine'],
])

function forwarderOf(process: Process): 'container' | 'machine' | null {
  return FORWARDERS.get(programOf(process)) ?? null
}

/** Where the image may not be asked its short name has to do: it leads to no name, only away from one. */
function programOf({ executable, comm }: Process): string {
  return basename(executable ?? comm)
}

/** Also where nobody listens: the kernel's packet filter can pass a port on (iptables(8), DNAT). */
function publisherOf(
  { addresses, port }: Place,
  containers: readonly Container[],
): Exclude<Answer, { kind: 'process' }> | null {
  const found = containers.filter(
    ({ running, published }) =>
      running &&
      published.some(
        ({ hostPort, address }) => hostPort === port && coversAny(address ?? '', addresses),
      ),
  )
  const [only, ...others] = found
  if (only === undefined) return null
  if (others.length > 0) return { kind: 'hidden', reason: 'listener-not-told' }
  if (only.pid === null) return { kind: 'hidden', reason: 'container-elsewhere' }
  return { kind: 'container', id: only.id }
}

function coversAny(published: string, addresses: readonly string[]): boolean {
  return ['', '0.0.0.0', '::', '*'].includes(published) || addresses.includes(published)
}

export function isSame(
  before: ReadonlyMap<ServerId, object>,
  now: ReadonlyMap<ServerId, object>,
): boolean {
  if (before.size !== now.size) return false
  for (const [id, answer] of now) {
    const known = before.get(id)
    if (known === undefined || JSON.stringify(known) !== JSON.stringify(answer)) return false
  }
  return true
}
