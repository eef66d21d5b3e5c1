/** What is kept of containers from tick to tick, and which commands still wait for theirs. Pure. */

import { namedContainerOf } from '../../shared/argv/named-container.ts'
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import type { Containers } from '../../shared/model/container.ts'
import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Claims } from './claims.ts'
import { imageCallOf } from './container-callers.ts'
import { isContainerReason } from './container-init-claim.ts'
import { isClientsEnd } from './container-named.ts'
import type { Scene } from './scene.ts'

/** An instance with a command that runs a container, or talks to one, and no container. */
export interface Waiting {
  readonly instance: InstanceId
  /** `docker`, `podman` or `nerdctl`. */
  readonly engine: string
}

export function waitingCalls(
  scene: Scene,
  claims: Claims,
  instances: readonly Instance[],
): readonly Waiting[] {
  const served = servedCalls(claims)
  return instances.flatMap(({ id, container, members, serverIds }): Waiting[] => {
    if (container !== undefined) return []
    for (const { process } of members) {
      if (served.has(process)) continue
      const call = imageCallOf(scene, process)
      const named = call === null ? namedContainerOf(scene.facet(process).invocation) : null
      const isFollowed = named?.run != null || isClientsEnd(scene, process, serverIds)
      const engine = call?.engine ?? (isFollowed ? named?.engine : undefined)
      if (engine !== undefined) return [{ instance: id, engine }]
    }
    return []
  })
}

/**
 * Commands that something in a container belongs to; and those that cannot be told apart, where the same servers have as
 * many containers as commands.
 */
function servedCalls({ joins, roots }: Claims): ReadonlySet<Process> {
  const served = new Set(joins.map(({ launcher }) => launcher))
  const contested = new Map<string, { count: number; readonly callers: Set<Process> }>()
  for (const { serverIds, callers = [] } of roots) {
    if (callers.length === 0) continue
    const key = serverIds.join()
    const same = contested.get(key) ?? { count: 0, callers: new Set() }
    contested.set(key, same)
    same.count += 1
    for (const caller of callers) same.callers.add(caller)
  }
  for (const { count, callers } of contested.values())
    if (count >= callers.size) for (const caller of callers) served.add(caller)
  return served
}

const NOBODY: readonly ServerId[] = []

/** The same map while nothing changed. Where no engine answers, nothing is forgotten. */
export function rememberContainers(
  { containers: before }: MatchState,
  known: Containers | undefined,
  claims: Claims,
  instances: ReadonlyMap<InstanceId, Instance>,
): MatchState['containers'] {
  if (known === undefined || known.all.length === 0) return before
  const owners = new Map<string, Instance['serverIds']>()
  for (const { members, reasons, serverIds } of instances.values()) {
    if (!reasons.some((reason) => reason === 'root-gone' || isContainerReason(reason))) continue
    for (const { process } of members) {
      const id = claims.containers.get(process)?.id
      if (id !== undefined) owners.set(id, serverIds)
    }
  }
  const now = new Map<string, readonly ServerId[]>()
  for (const { id } of known.all) {
    const serverIds =
      owners.get(id.slice(0, 12)) ?? (claims.disowned.has(id) ? NOBODY : before.get(id))
    if (serverIds !== undefined) now.set(id, serverIds)
  }
  const isSame =
    now.size === before.size &&
    [...now].every(([id, serverIds]) => before.get(id)?.join() === serverIds.join())
  return isSame ? before : now
}
