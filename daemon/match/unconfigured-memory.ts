/** MCP servers in no configuration that an earlier run of ours has told of: they go on under the name they had. Pure. */
import type { MatchState, UnconfiguredBefore } from '../../shared/model/attribution.ts'
import { type InstanceId, instanceId } from '../../shared/model/ids.ts'
import type { RootClaim } from './claims.ts'
import type { Scene } from './scene.ts'
import { unconfiguredId } from './unconfigured-server.ts'

export interface UnconfiguredMemory {
  readonly previous: MatchState
  /** What an earlier run listed as in no configuration. */
  readonly unconfiguredBefore?: ReadonlyMap<InstanceId, UnconfiguredBefore>
}

/**
 * What told of such a server was its place below a client, which is lost with that client. A client had started it, so
 * where none is above it or at the other end of its descriptor 0 any more, it is an orphan, whoever took it over.
 */
export function claimRemembered(
  scene: Scene,
  { previous, unconfiguredBefore = NOTHING }: UnconfiguredMemory,
): readonly RootClaim[] {
  const claims: RootClaim[] = []
  for (const [id, { rootPid, unconfigured, reasons }] of unconfiguredBefore) {
    const process = scene.table.processes.get(rootPid)
    if (process === undefined || previous.instances.has(id)) continue
    if (instanceId(process.bootId, process.pid, process.startTicks) !== id) continue
    claims.push({
      process,
      serverIds: [unconfiguredId(unconfigured.client, unconfigured.name)],
      quality: 'unconfigured',
      reasons,
      orphaned: scene.clientOf(process) === null,
      unconfigured,
    })
  }
  return claims
}

const NOTHING: ReadonlyMap<InstanceId, UnconfiguredBefore> = new Map()
