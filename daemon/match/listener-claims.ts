/** The processes that serve entries with an address on this machine. Pure. */
import type { ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Claims, ListeningAt, RootClaim } from './claims.ts'
import type { Scene } from './scene.ts'

export function claimListeners(
  _scene: Scene,
  _servers: readonly Server[],
  _listening: ReadonlyMap<ServerId, ListeningAt>,
  _contained: Claims,
): readonly RootClaim[] {
  return []
}
