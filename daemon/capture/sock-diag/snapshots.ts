/** What the rows of a batch need besides what the ledger knows. */
import type { Snapshot, SocketRow, WatchedProcess } from '../../../shared/model/observation.ts'
import type { Bystanders } from '../bystanders.ts'
import { namespaceSnapshots } from '../engine-common.ts'
import type { HeldReader } from '../held.ts'
import type { OtherNamespacesReader } from '../other-namespaces.ts'

/** Marks the sockets that nobody at all is seen holding; asked only while a watched process cannot be looked into. */
export async function markUnclaimed(
  rows: readonly SocketRow[],
  bystanders: Bystanders,
  watched: readonly WatchedProcess[],
): Promise<readonly SocketRow[]> {
  const loose = rows.filter(({ holders, remote }) => holders.length === 0 && remote !== null)
  const inodes = new Set(loose.flatMap(({ inode }) => (inode === null ? [] : [inode])))
  const pids = new Set(watched.map(({ pid }) => pid))
  const unclaimed = await bystanders.unclaimed(inodes, pids)
  return rows.map((row) =>
    row.holders.length === 0 && row.inode !== null && unclaimed.has(row.inode)
      ? { ...row, unclaimed: true as const }
      : row,
  )
}

export interface NotEntered {
  readonly snapshots: readonly Snapshot[]
  readonly isUnreadable: boolean
}

/** Namespaces that only /proc tells of: their sockets have no cookies, so their holders are read each time. */
export async function readNotEntered(
  inside: readonly WatchedProcess[],
  { own, at }: { readonly own: string; readonly at: number },
  { others, held }: { readonly others: OtherNamespacesReader; readonly held: HeldReader },
): Promise<NotEntered> {
  const read = await others.read(own, inside)
  const isUnreadable = read.unreadable
  if (read.namespaces.length === 0) return { snapshots: [], isUnreadable }
  const holders = (await held.read(inside, false)).held
  const snapshots = namespaceSnapshots(read.namespaces, at).map((snapshot) => ({
    ...snapshot,
    rows: snapshot.rows.map((row) => {
      const found = row.inode === null ? undefined : holders.get(row.inode)
      return found === undefined ? row : { ...row, holders: found }
    }),
  }))
  return { snapshots, isUnreadable }
}
