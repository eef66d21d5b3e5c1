/**
 * Sockets in the network of a container whose processes may not be looked into: nobody is seen holding them, and yet
 * they are that container's, which shares its network with nobody. Pure.
 */

import type { Instance, Member } from '../../shared/model/attribution.ts'
import { isContainerNetns } from '../../shared/model/container.ts'
import type { Holder, Snapshot, SocketRow } from '../../shared/model/observation.ts'
import { flowKey } from './flows.ts'
import type { ConnectionsInput, ConnectionsState } from './state.ts'

/**
 * TIME_WAIT lasts a minute (TCP_TIMEWAIT_LEN, include/net/tcp.h): in a network that is met for the first time what is
 * in it may be older than our watching, unless the container itself is newer than this.
 */
const NEW_MS = 10_000

/** The input with holders for such rows; the same object where there are none. */
export function withContainerRows(
  state: Pick<ConnectionsState, 'sightings' | 'containerNetworks'>,
  input: ConnectionsInput,
): ConnectionsInput {
  const { batch } = input
  if (!batch.snapshots.some(({ netns }) => isContainerNetns(netns))) return input
  const owners = ownersByNetns(input.instances)
  const snapshots = batch.snapshots.map((snapshot) => {
    const owner = owners.get(snapshot.netns)
    return owner === undefined || owner === null ? snapshot : heldBy(owner, snapshot, state)
  })
  return { ...input, batch: { ...batch, snapshots } }
}

/** The networks of this kind that were read. */
export function containerNetworks(snapshots: readonly Snapshot[]): ReadonlySet<string> {
  return new Set(snapshots.map(({ netns }) => netns).filter(isContainerNetns))
}

/** Null where members of several instances are in it: whose a socket is cannot be told then. */
function ownersByNetns(instances: readonly Instance[]): ReadonlyMap<string, Member | null> {
  const owners = new Map<string, { readonly instance: Instance; member: Member } | null>()
  for (const instance of instances) {
    for (const member of instance.members) {
      const { netns } = member.process
      if (!isContainerNetns(netns)) continue
      const known = owners.get(netns)
      if (known === undefined) owners.set(netns, { instance, member })
      else if (known === null || known.instance !== instance) owners.set(netns, null)
      else if (isBefore(member, known.member)) known.member = member
    }
  }
  return new Map([...owners].map(([netns, owner]) => [netns, owner?.member ?? null]))
}

/** The server before what it started, the older before the younger. */
function isBefore(a: Member, b: Member): boolean {
  const isServer = ({ role }: Member): boolean => role === 'server'
  if (isServer(a) !== isServer(b)) return isServer(a)
  if (a.process.startTicks !== b.process.startTicks)
    return a.process.startTicks < b.process.startTicks
  return a.process.pid < b.process.pid
}

function heldBy(
  { process }: Member,
  snapshot: Snapshot,
  { sightings, containerNetworks: known }: Parameters<typeof withContainerRows>[0],
): Snapshot {
  const holders: readonly Holder[] = [{ process: process.key, pid: process.pid }]
  const { netns, at } = snapshot
  const isWatched = known.has(netns) || at - process.startedAt < NEW_MS
  const give = (row: SocketRow): SocketRow => {
    if (row.holders.length > 0) return row
    const { protocol, state, local, remote } = row
    // Nobody has it yet, so nobody is said to.
    if (state === 'syn-received' && row.inode === null) return row
    const isOver = remote !== null && (state === 'time-wait' || row.inode === null)
    if (!isOver) return { ...row, holders }
    // It came and went between two looks, and is told once; what was seen before ends by what is known of it.
    const isKnown = sightings.has(flowKey({ netns, protocol, local, remote }))
    return isKnown || !isWatched ? row : { ...row, state: 'closing', holders, endedAt: at }
  }
  return { ...snapshot, rows: snapshot.rows.map(give) }
}
