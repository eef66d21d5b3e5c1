/** Whose a container is: of the command that made it, of a gateway's server, or of an entry that once made it. Pure. */
import type { Container } from '../../shared/model/container.ts'
import { type Claims, NO_CLAIMS } from './claims.ts'
import type { Scene } from './scene.ts'

export function claimContainers(_scene: Scene, _containers: readonly Container[]): Claims {
  return NO_CLAIMS
}
