/** What an instance is made of before it has a name. */
import { namedContainerOf } from '../../shared/argv/named-container.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { InstanceId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { JoinClaim, RootClaim } from './claims.ts'
import type { Scene } from './scene.ts'

export interface Draft {
  readonly id: InstanceId
  /** Null once the root is gone. */
  readonly root: Process | null
  readonly previous: Instance | null
  /** Parents before their children. */
  readonly members: Process[]
}

export interface Forest {
  readonly drafts: Map<InstanceId, Draft>
  readonly owners: Map<Process, Draft>
  readonly rootClaims: ReadonlyMap<Process, RootClaim>
  /** They belong to the instance of another process, and are no roots. */
  readonly joining: ReadonlyMap<Process, JoinClaim>
  /** They are nobody's root, whatever they look like. */
  readonly strangers: ReadonlySet<Process>
}

/** A process stays the same through exec: only its number and start count here. */
export function lifeOf(process: Process): string {
  return `${process.bootId}:${process.pid}:${process.startTicks}`
}

/** Whether a command that runs a container, or talks to one, is or was a part of it. */
export function runsContainers(scene: Scene, { members, previous }: Draft): boolean {
  const known = previous?.members.map(({ process }) => process) ?? []
  return [...members, ...known].some((member) => {
    const { invocation } = scene.facet(member)
    return invocation?.core.kind === 'image' || namedContainerOf(invocation) !== null
  })
}

/** Goes down a tree and gives each process to the owner above it, see `growForest`. */
export type Walk = (start: Process, owner: Draft | null, deferred: Process[] | null) => void
