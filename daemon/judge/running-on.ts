/** What judging remembers of instances that nothing declares or nobody uses, from tick to tick. */
import type { EpochMs, InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Memory } from '../../shared/model/tick.ts'

/** Instances without a client at the last tick; none before the first one. */
export type Orphans = ReadonlySet<InstanceId>

export interface Waiting {
  readonly since: EpochMs
  readonly isTold: boolean
}

/** Running instances of such servers. */
export type UnconfiguredState = ReadonlyMap<InstanceId, Waiting>

/** Those that an earlier run has told of: a copy that runs on is not told again. */
export function unconfiguredBefore({ findings, openInstances }: Memory): UnconfiguredState {
  const told = new Set<ServerId>(
    findings.filter(({ kind }) => kind === 'unconfigured-server').map(({ serverId }) => serverId),
  )
  const state = new Map<InstanceId, Waiting>()
  for (const { id, serverIds } of openInstances)
    if (serverIds.some((server) => told.has(server))) state.set(id, { since: 0, isTold: true })
  return state
}
