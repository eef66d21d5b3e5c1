/** Sockets that a process we may not look into could hold. Listed as such; never evidence against it. */
import { scopeOf } from '../../shared/address/scope.ts'
import type { Instance, Member } from '../../shared/model/attribution.ts'
import type { Owner } from '../../shared/model/connection.ts'
import { isContainerNetns } from '../../shared/model/container.ts'
import type { InstanceId, ProcessKey } from '../../shared/model/ids.ts'
import type { Flow } from './flows.ts'
import { ownerOf } from './owners.ts'
import type { Sightings } from './sightings.ts'

export interface UnreadableInstance {
  readonly instance: Instance
  readonly members: readonly Member[]
}

export interface Candidate {
  readonly instance: InstanceId
  readonly flow: Flow
  readonly owners: readonly Owner[]
}

const MAX_PER_INSTANCE = 50

/**
 * Instances with a member that could not be read twice: a process that is just ending cannot be read either
 * (do_exit gives up the memory map before the descriptors), and that is nothing to tell anybody.
 */
export function unreadableInstances(
  instances: readonly Instance[],
  now: ReadonlySet<ProcessKey>,
  earlier: ReadonlySet<ProcessKey>,
): readonly UnreadableInstance[] {
  const isUnreadable = ({ process }: Member): boolean =>
    now.has(process.key) && (!process.readable || earlier.has(process.key))
  return instances.flatMap((instance) => {
    const members = instance.members.filter(isUnreadable)
    return members.length === 0 ? [] : [{ instance, members }]
  })
}

/**
 * Rows of the same user and control group that no process which can be read holds, first seen in the instance's
 * life and in two complete samples, so that a holder that was only slow to show is no candidate.
 */
export function findCandidates(
  unreadable: readonly UnreadableInstance[],
  flows: readonly Flow[],
  sightings: Sightings,
  selfAddresses: ReadonlySet<string>,
): readonly Candidate[] {
  if (unreadable.length === 0) return []
  const loose = flows.filter((flow) => isLoose(flow, sightings, selfAddresses))
  return unreadable.flatMap(({ instance, members }) => {
    const found = loose.flatMap((flow): Candidate[] => {
      const firstSeen = sightings.get(flow.key)?.firstSeen ?? flow.snapshot.at
      const owners = members
        .filter((member) => !isContained(instance, member) && couldHold(member, flow))
        .map(ownerOf)
      if (firstSeen < instance.startedAt || owners.length === 0) return []
      return [{ instance: instance.id, flow, owners }]
    })
    return found.slice(0, MAX_PER_INSTANCE)
  })
}

function isLoose(flow: Flow, sightings: Sightings, selfAddresses: ReadonlySet<string>): boolean {
  const { row, snapshot } = flow
  if (!snapshot.hostWide || flow.ended || row.unclaimed !== true) return false
  if ((sightings.get(flow.key)?.unheld ?? 0) < 2) return false
  const scope = scopeOf(flow.remote.address, selfAddresses)
  return scope !== 'loopback' && scope !== 'self' && scope !== 'unspecified'
}

/**
 * In a container, in a network that is not known: rows of this machine's, or of other containers, would be put under
 * its server only because their owner does not show either.
 */
function isContained({ container }: Instance, { role }: Member): boolean {
  return container !== undefined && role !== 'launcher'
}

function couldHold({ process }: Member, { row, snapshot }: Flow): boolean {
  if (row.uid !== process.uid) return false
  // Those of that container alone.
  if (isContainerNetns(snapshot.netns) && process.netns !== snapshot.netns) return false
  if (process.netns !== null && process.netns !== snapshot.netns) return false
  return row.cgroup === null || process.cgroup === null || row.cgroup === process.cgroup
}
