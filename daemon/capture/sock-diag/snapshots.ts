/** What the rows of a batch need besides what the ledger knows. */
import { isContainerNetns } from '../../../shared/model/container.ts'
import type { EpochMs } from '../../../shared/model/ids.ts'
import type {
  OtherCounts,
  Snapshot,
  SocketRow,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { Bystanders } from '../bystanders.ts'
import { namespaceSnapshots } from '../engine-common.ts'
import type { HeldReader } from '../held.ts'
import type { OtherNamespacesReader } from '../other-namespaces.ts'
import type { Space } from './space.ts'

interface Telling {
  readonly at: EpochMs
  /** A watched process cannot be looked into: sockets that nobody holds are told too. */
  readonly hostWide: boolean
  readonly watched: readonly WatchedProcess[]
  readonly bystanders: Bystanders
}

/** What the ledgers have to tell; what ended, and the counts, are told once. */
export async function tellSpaces(
  spaces: readonly Space[],
  { at, hostWide, watched, bystanders }: Telling,
): Promise<{ readonly snapshots: readonly Snapshot[]; readonly others: OtherCounts }> {
  const snapshots: Snapshot[] = []
  const others = { foreign: 0, unknown: 0 }
  for (const space of spaces) {
    const { netns, ledger } = space
    const taken = ledger.take()
    others.foreign += taken.others.foreign
    others.unknown += taken.others.unknown
    const rows = hostWide ? await markUnclaimed(taken.rows, bystanders, watched) : taken.rows
    const complete = space.isComplete()
    const known = complete ? { listsListeners: true as const } : {}
    snapshots.push({ kind: 'snapshot', netns, at, complete, hostWide, ...known, rows })
  }
  return { snapshots, others }
}

/**
 * What is known already, without asking anybody: what came and went, and what is held. It is not all there is, so nothing
 * is proved by absence; `outside` are namespaces that are not looked into now.
 */
export function lastSnapshots(
  spaces: readonly Space[],
  outside: readonly (string | null)[],
  at: EpochMs,
): { readonly snapshots: readonly Snapshot[]; readonly others: OtherCounts } {
  const part = { kind: 'snapshot', at, complete: false, hostWide: false } as const
  const others = { foreign: 0, unknown: 0 }
  const told = spaces.map(({ netns, ledger }): Snapshot => {
    const taken = ledger.take()
    others.foreign += taken.others.foreign
    others.unknown += taken.others.unknown
    return { ...part, netns, rows: taken.rows.filter(({ holders }) => holders.length > 0) }
  })
  const names = new Set(outside.flatMap((netns) => (netns === null ? [] : [netns])))
  const untold = [...names].map((netns): Snapshot => ({ ...part, netns, rows: [] }))
  return { snapshots: [...told, ...untold], others }
}

/** Marks the sockets that nobody at all is seen holding; asked only while a watched process cannot be looked into. */
async function markUnclaimed(
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
  /** The sockets of a container are among them. */
  readonly isContainerSampled: boolean
}

/** Namespaces that only /proc tells of: their sockets have no cookies, so their holders are read each time. */
export async function readNotEntered(
  inside: readonly WatchedProcess[],
  { own, at }: { readonly own: string; readonly at: EpochMs },
  { others, held }: { readonly others: OtherNamespacesReader; readonly held: HeldReader },
): Promise<NotEntered> {
  const read = await others.read(own, inside)
  const isUnreadable = read.unreadable
  const isContainerSampled = read.namespaces.some(({ netns }) => isContainerNetns(netns))
  if (read.namespaces.length === 0) return { snapshots: [], isUnreadable, isContainerSampled }
  const holders = (await held.read(inside, false)).held
  const snapshots = namespaceSnapshots(read.namespaces, at).map((snapshot) => ({
    ...snapshot,
    rows: snapshot.rows.map((row) => {
      const found = row.inode === null ? undefined : holders.get(row.inode)
      return found === undefined ? row : { ...row, holders: found }
    }),
  }))
  return { snapshots, isUnreadable, isContainerSampled }
}
