/** Which listening socket a connection to this machine arrives at, and in whose network it is looked for. Pure. */
import { scopeOf } from '../../shared/address/scope.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { Snapshot, SocketRow } from '../../shared/model/observation.ts'
import type { Peer } from '../judge/peer.ts'
import { assumedListener } from './assumed-listener.ts'
import { takes } from './listening-places.ts'

export interface ListenerSearch {
  readonly listeners: readonly { readonly netns: string; readonly row: SocketRow }[]
  /** As sampled: whether a missing listener proves that there is none. */
  readonly snapshots: readonly Snapshot[]
  /** Of this process: in another namespace nobody can be asked who listens. Null where there are none, or not known. */
  readonly ownNetns: string | null
}

type Unlisted = Extract<Peer, { readonly kind: 'none' | 'unreadable' }>

/** The socket, or why it is not known. */
export function listenerBehind(
  connection: Connection,
  search: ListenerSearch,
): SocketRow | Unlisted {
  const where = listenerNetns(connection, search.ownNetns)
  const listed = listedFor(connection, where, search)
  return listed ?? unlisted(connection, where, search) ?? assumed(connection)
}

export function isListed(found: SocketRow | Unlisted): found is SocketRow {
  return !('kind' in found)
}

/**
 * From a network of its own, a container's for instance, an address of this machine is reached over a bridge, and whoever
 * listens there is outside. Unless that network has the same address (pasta(1) gives it one): then it talks to itself,
 * and from that very address (RFC 6724, rule 1).
 */
export function listenerNetns(connection: Connection, ownNetns: string | null): string {
  const { netns, remote } = connection
  const isOutside = !isToItself(connection) && scopeOf(remote.address, NO_ADDRESSES) !== 'loopback'
  return ownNetns !== null && isOutside ? ownNetns : netns
}

export function isToItself({ local, remote }: Connection): boolean {
  return local.address === remote.address
}

const NO_ADDRESSES: ReadonlySet<string> = new Set()

function listedFor(
  { protocol, remote }: Connection,
  where: string,
  { listeners }: ListenerSearch,
): SocketRow | null {
  const rows = listeners.flatMap(({ netns, row }) =>
    netns === where && row.protocol === protocol && row.local.port === remote.port ? [row] : [],
  )
  return (
    rows.find(({ local }) => local.address === remote.address) ??
    rows.find((row) => takes(row, remote.address)) ??
    null
  )
}

/** Null where somebody can be asked. */
function unlisted(
  { protocol }: Connection,
  where: string,
  { snapshots, ownNetns }: ListenerSearch,
): Unlisted | null {
  const isAllListed = snapshots.some(
    ({ netns, hostWide, listsListeners }) =>
      netns === where && (hostWide || (protocol === 'tcp' && listsListeners === true)),
  )
  if (isAllListed) return { kind: 'none' }
  return ownNetns === null || where === ownNetns ? null : { kind: 'unreadable' }
}

function assumed({ protocol, remote }: Connection): SocketRow {
  return assumedListener(protocol, remote)
}
