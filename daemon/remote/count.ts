/**
 * Counts the connections of clients to their remote servers. Pure. What goes anywhere else is looked at and forgotten:
 * nothing of it is in the state or in what is told.
 */
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Batch, Snapshot, SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { isFailed } from '../../shared/model/outcome.ts'
import type { HeldSocket, Reached, ReachedBefore, ReachedNews } from '../../shared/model/remote.ts'
import { holderKey, type Reach } from './reach.ts'
import type { Target } from './targets.ts'

type End = Pick<SocketAddress, 'address' | 'port'>

/** One open connection to one or, where several have this address, to one of several servers. */
interface OpenReach {
  readonly netns: string
  readonly client: string
  readonly serverIds: readonly ServerId[]
  readonly address: string
  readonly port: number
  readonly local: End
}

export interface CountState {
  readonly bootId: string
  /** False until the first batch. */
  readonly begun: boolean
  /** By namespace and both ends. */
  readonly open: ReadonlyMap<string, OpenReach>
}

/** Before the first batch of this run, with what an earlier one of the same boot left open. */
export function initialCount(bootId: string, before: readonly ReachedBefore[]): CountState {
  const open = new Map<string, OpenReach>()
  for (const { serverId, client, address, port, held } of before)
    for (const { netns, ...local } of held.filter((socket) => socket.bootId === bootId)) {
      const key = keyOf(netns, local, { address, port })
      const serverIds = [...(open.get(key)?.serverIds ?? []), serverId]
      open.set(key, { netns, client, serverIds, address, port, local })
    }
  return { bootId, begun: false, open }
}

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
      const key = keyOf(snapshot.netns, row.local, remote)
      if (met.has(key)) continue
      const known = state.open.get(key)
      const targets = known === undefined ? targetsOfRow(row, remote, reach, namesOf) : []
      if (known === undefined && targets.length === 0) continue
      if (known !== undefined && isOver(row, reach)) continue
      met.add(key)
      const firstSeen = row.firstSeen ?? snapshot.at
      const now = known ?? openOf(snapshot, row, remote, targets)
      const endedAt = row.endedAt ?? snapshot.at
      if (known === undefined) change(now, 1, firstSeen, endedAt)
      if (row.endedAt === undefined) open.set(key, now)
      if (known !== undefined && (row.endedAt !== undefined || !state.begun))
        change(now, 0, endedAt, endedAt)
    }
  }
  for (const [key, known] of state.open) {
    if (met.has(key)) continue
    // Absence in a sample that was cut short proves nothing, unless its client is gone.
    const isKept = !complete.has(known.netns) && isRunning(known.client, reach)
    if (isKept) open.set(key, known)
    // What an earlier run left, and is gone, was last seen by that.
    if (isKept !== state.begun) change(known, 0, batch.at, batch.at)
  }
  const contacts = [...changes.values()].map(({ of, id, connections, firstSeen, lastSeen }) => ({
    serverId: id,
    address: of.address,
    port: of.port,
    firstSeen,
    lastSeen,
    connections,
    ...openTo(open, id, of, state.bootId),
  }))
  return { state: { ...state, begun: true, open }, news: newsOf(contacts, !state.begun) }
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
  { local }: SocketRow,
  { address, port }: SocketAddress,
  targets: readonly Target[],
): OpenReach {
  const [first] = targets
  const serverIds = targets.map(({ serverId }) => serverId)
  return { netns, client: first?.client ?? '', serverIds, address, port, local }
}

/** Each is written down again with every change; beyond these a restart counts anew. */
const MOST_HELD = 100

function openTo(
  open: ReadonlyMap<string, OpenReach>,
  id: ServerId,
  { address, port }: OpenReach,
  bootId: string,
): Pick<Reached, 'open' | 'held'> {
  const held: HeldSocket[] = []
  for (const { netns, local, ...each } of open.values())
    if (each.address === address && each.port === port && each.serverIds.includes(id))
      held.push({ bootId, netns, address: local.address, port: local.port })
  return { open: held.length, held: held.slice(0, MOST_HELD) }
}

/** Without the socket's own marks: not every engine tells them, and one may be left for another. */
function keyOf(netns: string, local: End, remote: End): string {
  return `${netns} ${local.address} ${local.port} ${remote.address} ${remote.port}`
}
