/** All claims of a tick. */
import type { Containers } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Claims, ListeningAt } from './claims.ts'
import { claimContainers } from './container-claims.ts'
import { claimListeners, movedIn } from './listener-claims.ts'
import type { Scene } from './scene.ts'
import { claimUnconfigured, type UnconfiguredInput } from './unconfigured.ts'
import { claimRemembered, type UnconfiguredMemory } from './unconfigured-memory.ts'

export interface ClaimsInput extends UnconfiguredInput, UnconfiguredMemory {
  readonly servers: readonly Server[]
  readonly containers?: Containers
  readonly listening?: ReadonlyMap<ServerId, ListeningAt>
}

/** Containers first: a port that is published leads to one of them. */
export function makeClaims(scene: Scene, input: ClaimsInput): Claims {
  const { servers, containers, listening } = input
  const contained = claimContainers(scene, input.previous, containers?.all ?? [])
  const listeners = claimListeners(scene, servers, listening ?? new Map(), contained)
  const declared = [...contained.roots, ...listeners]
  const roots = new Map(declared.map((claim) => [claim.process, claim]))
  for (const claim of [...claimRemembered(scene, input), ...claimUnconfigured(scene, input)])
    if (!roots.has(claim.process)) roots.set(claim.process, claim)
  const moved = movedIn(listening ?? new Map())
  return { ...contained, roots: [...roots.values()], moved }
}
