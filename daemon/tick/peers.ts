/**
 * Who is behind a loopback destination. The listener's owner is known at once when it is watched; otherwise it is
 * looked up once (a scan of descriptors, off the tick) and remembered while the listening socket lives.
 */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { isFailed } from '../../shared/model/outcome.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import type { Peer } from '../judge/peer.ts'
import type { ListenerOwner, ListenerOwners } from '../ports.ts'
import { isListed, isToItself, type ListenerSearch, listenerBehind } from './peer-listener.ts'

export interface PeerInput extends ListenerSearch {
  readonly open: readonly Connection[]
  readonly table: ProcessTable
  readonly instances: readonly Instance[]
  readonly connectsOut: ReadonlySet<ProcessKey>
  readonly isLocal: (address: string) => boolean
}

export interface PeerBook {
  update(input: PeerInput): void
  peerOf(connection: Connection): Peer
  /** Peers that are no member of any instance: their descriptors are read to see whether they pass traffic on. */
  watched(): readonly Process[]
}

export function createPeerBook(owners: ListenerOwners): PeerBook {
  let answers = new Map<string, ListenerOwner | 'pending'>()
  let peers = new Map<string, Peer>()
  let watched: readonly Process[] = []

  const ask = (key: string, row: SocketRow, table: ProcessTable): ListenerOwner | 'pending' => {
    const known = answers.get(key)
    if (known !== undefined) return known
    answers.set(key, 'pending')
    owners.ownerOf(row, table).then(
      (owner) => answers.has(key) && answers.set(key, owner),
      () => answers.delete(key),
    )
    return 'pending'
  }

  return {
    update(input) {
      const members = memberIndex(input.instances)
      const kept = new Map<string, ListenerOwner | 'pending'>()
      const found = new Map<string, Peer>()
      const outside = new Map<string, Process>()
      for (const connection of input.open) {
        if (connection.direction === 'inbound' || !input.isLocal(connection.remote.address))
          continue
        if (isFailed(connection.outcome)) continue
        const key = peerKey(connection)
        if (found.has(key)) continue
        const row = listenerBehind(connection, input)
        if (!isListed(row)) {
          found.set(key, row)
          continue
        }
        const owner = watchedOwner(row, input.table) ?? ask(key, row, input.table)
        const answer = answers.get(key)
        if (answer !== undefined) kept.set(key, answer)
        found.set(key, peerFrom(owner, members, input.connectsOut))
        if (owner !== 'pending' && owner.kind === 'process' && !members.has(owner.process.key))
          outside.set(owner.process.key, owner.process)
      }
      answers = kept
      peers = found
      watched = [...outside.values()]
    },
    peerOf: (connection) => peers.get(peerKey(connection)) ?? { kind: 'pending' },
    watched: () => watched,
  }
}

function peerKey(connection: Connection): string {
  const { netns, protocol, remote } = connection
  return `${netns} ${isToItself(connection)} ${protocol} ${remote.address} ${remote.port}`
}

function memberIndex(instances: readonly Instance[]): ReadonlyMap<ProcessKey, Instance> {
  const index = new Map<ProcessKey, Instance>()
  for (const instance of instances) {
    for (const { process } of instance.members) index.set(process.key, instance)
  }
  return index
}

function watchedOwner(row: SocketRow, table: ProcessTable): ListenerOwner | null {
  for (const holder of row.holders) {
    const process = table.processes.get(holder.pid)
    if (process?.key === holder.process) return { kind: 'process', process }
  }
  return null
}

function peerFrom(
  owner: ListenerOwner | 'pending',
  members: ReadonlyMap<ProcessKey, Instance>,
  connectsOut: ReadonlySet<ProcessKey>,
): Peer {
  if (owner === 'pending') return { kind: 'pending' }
  if (owner.kind !== 'process') return { kind: owner.kind }
  const { process } = owner
  return {
    kind: 'process',
    pid: process.pid,
    name: basename(process.executable ?? process.comm),
    instance: members.get(process.key)?.id ?? null,
    connectsOut: connectsOut.has(process.key),
  }
}
