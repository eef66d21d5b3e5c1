/** Rows of a batch that have two ends, each with the keys it is known by from sample to sample. */

import { type ConnectionId, connectionId } from '../../shared/model/ids.ts'
import type { Batch, Snapshot, SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { isFailed } from '../../shared/model/outcome.ts'

/** A row with a remote end. */
export interface Flow {
  /** Namespace, protocol and both ends: what is left of a connection when its inode is gone. */
  readonly key: string
  /** As `key`, but equal for the two rows of a connection whose ends are both on this host; each failed attempt's own. */
  readonly pair: string
  readonly snapshot: Snapshot
  readonly row: SocketRow
  readonly remote: SocketAddress
  /** No process holds it any more: time-wait, or the kernel is closing it after the last close(2). */
  readonly ended: boolean
}

/** Rows that are passed over, as nothing is to be learned from them. */
export interface Still {
  readonly size: number
  /** All other rows of the batch, by snapshot; null where they have to be picked out by `has`. */
  readonly others: readonly (readonly SocketRow[])[] | null
  has(row: SocketRow): boolean
}

/**
 * All rows that may be connections, but for the `still` ones. Port 0 is no destination: getaddrinfo(3) connects a UDP socket to each answer's
 * port 0 to learn which source address the kernel would take (RFC 6724), and sends nothing.
 */
export function flowsOf(batch: Batch, still: Still): readonly Flow[] {
  const flows: Flow[] = []
  for (const [index, snapshot] of batch.snapshots.entries()) {
    for (const row of still.others?.[index] ?? snapshot.rows) {
      const { remote } = row
      if (remote === null || remote.port === 0 || row.state === 'listen') continue
      if (still.others !== null || !still.has(row)) flows.push(flowOf(snapshot, row, remote))
    }
  }
  return flows
}

function flowOf(snapshot: Snapshot, row: SocketRow, remote: SocketAddress): Flow {
  const local = endText(row.local)
  const other = endText(remote)
  const prefix = `${snapshot.netns} ${row.protocol}`
  // Joined and not put together with `${}`: V8 keeps the parts of such a text, and there are thousands of these.
  const key = [prefix, local, other].join(' ')
  // It has no other end, and there may be many between the same two: none has a local port before it finds a route.
  const failure =
    row.outcome !== undefined && isFailed(row.outcome)
      ? [key, row.cookie ?? '', row.firstSeen ?? ''].join(' ')
      : null
  return {
    key,
    pair: failure ?? (local < other ? key : [prefix, other, local].join(' ')),
    snapshot,
    row,
    remote,
    // A half-closed connection (CLOSE_WAIT, FIN_WAIT after shutdown(2)) that a process holds can still carry data.
    ended: row.state === 'time-wait' || (row.state === 'closing' && row.holders.length === 0),
  }
}

/** The key a flow would have, for a connection known from earlier. */
export function flowKey(connection: {
  readonly netns: string
  readonly protocol: string
  readonly local: SocketAddress
  readonly remote: SocketAddress
}): string {
  const { netns, protocol, local, remote } = connection
  return `${netns} ${protocol} ${endText(local)} ${endText(remote)}`
}

/** `discriminator` tells two connections with the same ends apart: inode, else cookie, else the time it was seen. */
export function flowId(
  bootId: string,
  flow: Flow,
  discriminator: string | number,
  extra: readonly string[],
): ConnectionId {
  const ends = [endText(flow.row.local), endText(flow.remote)]
  return connectionId([
    bootId,
    flow.snapshot.netns,
    flow.row.protocol,
    ...ends,
    discriminator,
    ...extra,
  ])
}

export function endText(end: SocketAddress): string {
  return `${end.address}%${end.zone ?? ''}:${end.port}`
}
