/** Which running copies count as hidden: not yet those in a container that its engine may tell more of. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, InstanceId, ServerId } from '../../shared/model/ids.ts'
import { containerIdsIn } from '../match/container-processes.ts'
import { CONTAINER_PATIENCE_MS } from './containers.ts'

interface Unsettled {
  readonly since: EpochMs
  readonly serverIds: readonly ServerId[]
  readonly isTold: boolean
}

/** Copies that only processes in containers keep from us, told of or not. */
export type HiddenState = ReadonlyMap<InstanceId, Unsettled>

export const NOBODY_HIDDEN: HiddenState = new Map()

export interface Hidden {
  readonly state: HiddenState
  readonly instances: ReadonlySet<InstanceId>
  /** With those whose copy ended before it was settled: that nothing was seen of them is all that is left to say. */
  readonly serverIds: ReadonlySet<ServerId>
}

export interface HiddenInput {
  readonly at: EpochMs
  readonly instances: readonly Instance[]
  /** With a process that cannot be looked into. */
  readonly unreadable: ReadonlySet<InstanceId>
  readonly patienceMs?: number | undefined
}

/**
 * A container is known by its process before its engine says that its network is its own, and can be looked at: for some
 * tenths of a second that process is like any other that is closed.
 */
export function hiddenNow(before: HiddenState, input: HiddenInput): Hidden {
  const { at, instances, unreadable, patienceMs = CONTAINER_PATIENCE_MS } = input
  if (unreadable.size === 0 && before.size === 0)
    return { state: before, instances: unreadable, serverIds: NO_SERVERS }
  const state = new Map<InstanceId, Unsettled>()
  const hidden = new Set<InstanceId>()
  const servers = new Set<ServerId>()
  for (const instance of instances) {
    const { id, serverIds } = instance
    if (!unreadable.has(id)) continue
    const since = before.get(id)?.since ?? at
    const isContained = isOnlyContained(instance)
    const isTold = !isContained || Math.abs(at - since) >= patienceMs
    if (isContained) state.set(id, { since, serverIds, isTold })
    if (!isTold) continue
    hidden.add(id)
    for (const server of serverIds) servers.add(server)
  }
  const running = new Set(instances.map(({ id }) => id))
  for (const [id, waiting] of before)
    if (!running.has(id) && !waiting.isTold)
      for (const server of waiting.serverIds) servers.add(server)
  return { state, instances: hidden, serverIds: servers }
}

const NO_SERVERS: ReadonlySet<ServerId> = new Set()

function isOnlyContained({ members }: Instance): boolean {
  const closed = members.filter(({ process }) => !process.readable)
  return (
    closed.length > 0 && closed.every(({ process }) => containerIdsIn(process.cgroup).length > 0)
  )
}
