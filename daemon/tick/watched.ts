/** How well each server was watched, added up from its processes and told now and then. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Batch } from '../../shared/model/observation.ts'
import type { ServerAttention } from '../../shared/model/tick.ts'

export interface WatchedState {
  readonly since: EpochMs
  readonly servers: ReadonlyMap<ServerId, ServerAttention>
}

/** Figures of hours and days: a row a server at each tick would cost more than it tells. */
const TELL_EVERY_MS = 30_000

export function nothingWatched(at: EpochMs): WatchedState {
  return { since: at, servers: new Map() }
}

/** Adds a batch. `told` is what to write, once it is time; then the state begins anew. */
export function addWatched(
  state: WatchedState,
  batch: Batch,
  instances: readonly Instance[],
): { state: WatchedState; told: readonly ServerAttention[] } {
  const { attention = [], others, at } = batch
  if (attention.length === 0) return { state, told: [] }
  const servers = new Map(state.servers)
  const serversOf = indexServers(instances)
  const ran = new Set<ServerId>()
  for (const { process, quietMs, activeMs, seen50Ms } of attention) {
    for (const serverId of serversOf.get(process) ?? []) {
      const sum = servers.get(serverId) ?? none(serverId)
      if (activeMs > 0) ran.add(serverId)
      servers.set(serverId, {
        ...sum,
        quietMs: sum.quietMs + quietMs,
        activeMs: sum.activeMs + activeMs,
        seen50Ms: sum.seen50Ms + seen50Ms,
      })
    }
  }
  // Whoever ran may have made each of them: that is what "unknown" says.
  for (const serverId of ran) {
    const sum = servers.get(serverId)
    if (sum !== undefined && others !== undefined)
      servers.set(serverId, { ...sum, unknown: sum.unknown + others.unknown })
  }
  if (Math.abs(at - state.since) < TELL_EVERY_MS) return { state: { ...state, servers }, told: [] }
  return { state: nothingWatched(at), told: [...servers.values()] }
}

function none(serverId: ServerId): ServerAttention {
  return { serverId, quietMs: 0, activeMs: 0, seen50Ms: 0, unknown: 0 }
}

function indexServers(instances: readonly Instance[]): ReadonlyMap<string, readonly ServerId[]> {
  const index = new Map<string, readonly ServerId[]>()
  for (const { members, serverIds } of instances) {
    for (const { process } of members) index.set(process.key, serverIds)
  }
  return index
}
