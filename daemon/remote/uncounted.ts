/** Why connections to a remote server cannot be counted, though its client runs. Pure. */

import type { ServerId } from '../../shared/model/ids.ts'
import type { Batch } from '../../shared/model/observation.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
import { holderKey, type Reach } from './reach.ts'

export interface Uncounted {
  readonly serverId: ServerId
  readonly reason: NotObservedReason
}

export interface NameLookups {
  /** False: the user wants no name to be looked up. */
  readonly isOn: boolean
  freshness(host: string): 'fresh' | 'pending' | 'failed'
}

export function uncounted(
  { byPort, processes, clientOf }: Reach,
  { snapshots }: Pick<Batch, 'snapshots'>,
  lookups: NameLookups,
): readonly Uncounted[] {
  if (byPort.size === 0) return []
  const sampled = new Set(snapshots.map(({ netns }) => netns))
  const seen = new Set<string>()
  for (const { key, readable, netns } of processes) {
    const client = clientOf.get(holderKey(key))
    if (client !== undefined && readable && (netns === null || sampled.has(netns))) seen.add(client)
  }
  const found: Uncounted[] = []
  for (const targets of byPort.values())
    for (const { serverId, client, host } of targets) {
      if (!seen.has(client)) found.push({ serverId, reason: 'client-not-readable' })
      if (host === null) continue
      if (!lookups.isOn) found.push({ serverId, reason: 'name-lookup-off' })
      else if (lookups.freshness(host) === 'failed')
        found.push({ serverId, reason: 'name-not-found' })
    }
  return found
}
