/**
 * Counts the connections of clients to their remote servers. Pure. What goes anywhere else is looked at and forgotten:
 * nothing of it is in the state or in what is told.
 */
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Batch, Snapshot, SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { isFailed } from '../../shared/model/outcome.ts'
import type { Reached, ReachedNews } from '../../shared/model/remote.ts'
import { holderKey, type Reach } from './reach.ts'
import type { Target } from './targets.ts'

/** One open connection to one or, where several have this address, to one of several servers. */
interface OpenReach {
  readonly netns: string
  readonly client: string
  readonly serverIds: readonly ServerId[]
  readonly address: string
  readonly port: number
}

export interface CountState {
  /** False until the first batch. */
  readonly begun: boolean
  /** By namespace and both ends. */
  readonly open: ReadonlyMap<string, OpenReach>
}

export const NOTHING_COUNTED: CountState = { begun: false, open: new Map() }

/** The names that an address was given for. */
export type NamesOf = (address: string) => readonly { readonly host: string }[]

interface Change {
  connections: number
  firstSeen: EpochMs
  lastSeen: EpochMs
}

/** `news` is null where there is none: what is open was then last seen at this batch. */
export function countReached(
  state: CountState,
  batch: Batch,
  reach: Reach,
  namesOf: NamesOf,
): { readonly state: CountState; readonly news: ReachedNews | null } {
  const isIdle = reach.byPort.size === 0 && state.open.size === 0
  if (isIdle && state.begun) return { state, news: null }
  const open = new Map<string, OpenReach>()
  const changes = new Map<string, Change & { readonly of: OpenReach; readonly id: ServerId }>()
  const change = (of: OpenReach, connections: number, from: EpochMs, to: EpochMs): void => {
    for (const id of of.serverIds) {
      const key = `${id} ${of.address} ${of.port}`
      const known = changes.get(key)
      if (known === undefined)
        changes.set(key, { of, id, connections, firstSeen: from, lastSeen: to })
      else {
        known.connections += connections
        known.firstSeen = Math.min(known.firstSeen, from)
        known.lastSeen = Math.max(known.lastSeen, to)
      }
    }
  }
  // Asked of every row of the machine, most of which are passed over here.
  const ports = new Set(reach.byPort.keys())
  for (const { port } of state.open.values()) ports.add(port)
  const complete = new Set<string>()
  const met = new Set<string>()
  for (const snapshot of batch.snapshots) {
    if (snapshot.complete) complete.add(snapshot.netns)
    for (const row of snapshot.rows) {
      const { remote } = row
      if (remote === null || row.protocol !== 'tcp' || !ports.has(remote.port)) continue
      const key = keyOf(snapshot, row, remote)
      if (met.has(key)) continue
      const known = state.open.get(key)
      const targets = known === undefined ? targetsOfRow(row, remote, reach, namesOf) : []
      if (known === undefined && targets.length === 0) continue
      if (known !== undefined && isOver(row, reach)) continue
      met.add(key)
      const firstSeen = row.firstSeen ?? snapshot.at
      const now = known ?? openOf(snapshot, remote, targets)
      if (known === undefined) change(now, 1, firstSeen, row.endedAt ?? snapshot.at)
      if (row.endedAt === undefined) open.set(key, now)
      else if (known !== undefined) change(now, 0, row.endedAt, row.endedAt)
    }
  }
  for (const [key, known] of state.open) {
    if (met.has(key)) continue
    // Absence in a sample that was cut short proves nothing, unless its client is gone.
    const isKept = !complete.has(known.netns) && isRunning(known.client, reach)
    if (isKept) open.set(key, known)
    else change(known, 0, batch.at, batch.at)
  }
  const contacts = [...changes.values()].map(({ of, id, connections, firstSeen, lastSeen }) => ({
    serverId: id,
    address: of.address,
    port: of.port,
    firstSeen,
    lastSeen,
    connections,
    open: countOpen(open, id, of),
  }))
  const next = contacts.length === 0 && state.begun ? { ...state, open } : { begun: true, open }
  return { state: next, news: newsOf(contacts, !state.begun) }
}

function newsOf(contacts: readonly Reached[], begins: boolean): ReachedNews | null {
  return contacts.length === 0 && !begins ? null : { begins, contacts }
}

/** Whom a connection that was not met before is to: an attempt that reached nobody is to none. */
function targetsOfRow(
  row: SocketRow,
  remote: SocketAddress,
  { byPort, clientOf }: Reach,
  namesOf: NamesOf,
): readonly Target[] {
  if (row.holders.length === 0 || row.state === 'syn-sent' || row.state === 'listen') return []
  if (row.outcome !== undefined && isFailed(row.outcome)) return []
  const clients = new Set(
    row.holders.flatMap(({ process }) => clientOf.get(holderKey(process)) ?? []),
  )
  const here = (byPort.get(remote.port) ?? []).filter(({ client }) => clients.has(client))
  if (here.length === 0) return []
  const names = new Set(namesOf(remote.address).map(({ host }) => host))
  return here.filter(({ address, host }) =>
    host === null ? address === remote.address : names.has(host),
  )
}

/** No process holds it any more, or none of a client's does. */
function isOver({ state, holders }: SocketRow, { clientOf }: Reach): boolean {
  if (state === 'time-wait') return true
  if (holders.length === 0) return state === 'closing'
  return !holders.some(({ process }) => clientOf.has(holderKey(process)))
}

function isRunning(client: string, { byPort }: Reach): boolean {
  return [...byPort.values()].some((targets) => targets.some((each) => each.client === client))
}

function openOf(
  { netns }: Snapshot,
  { address, port }: SocketAddress,
  targets: readonly Target[],
): OpenReach {
  const [first] = targets
  const serverIds = targets.map(({ serverId }) => serverId)
  return { netns, client: first?.client ?? '', serverIds, address, port }
}

function countOpen(
  open: ReadonlyMap<string, OpenReach>,
  id: ServerId,
  { address, port }: OpenReach,
): number {
  let count = 0
  for (const each of open.values())
    if (each.address === address && each.port === port && each.serverIds.includes(id)) count += 1
  return count
}

/** Without the socket's own marks: not every engine tells them, and one may be left for another. */
function keyOf({ netns }: Snapshot, { local }: SocketRow, remote: SocketAddress): string {
  return `${netns} ${local.address} ${local.port} ${remote.address} ${remote.port}`
}
