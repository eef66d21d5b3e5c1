/** Whose a container is by the labels of a gateway that made it. Pure. */
import { type Gateway, gatewayOf } from '../../shared/argv/gateway.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Claim, joinOf, rootOf } from './container-init-claim.ts'
import type { Inhabited } from './container-processes.ts'
import type { Scene } from './scene.ts'

/** Docker's MCP gateway and ToolHive (their sources: pkg/gateway/clientpool.go, pkg/labels/labels.go). */
export function claimOfGateway(scene: Scene, here: Inhabited): Claim | null {
  const { labels } = here.container
  const docker = labels.get('docker-mcp') === 'true' ? labels.get('docker-mcp-name') : undefined
  if (docker !== undefined) return claimOfDocker(scene, here, docker)
  const isToolHive =
    labels.get('toolhive') === 'true' && labels.get('toolhive-auxiliary') !== 'true'
  const name = isToolHive ? labels.get('toolhive-name') : undefined
  return name === undefined ? null : claimOfToolHive(scene, here, name)
}

function claimOfDocker(scene: Scene, here: Inhabited, name: string): Claim | null {
  const gateways = topmost(scene, (process) => isDockersGateway(scene, process))
  const ids = entriesOf(scene, 'docker-toolkit', name)
  const [first, ...more] = ids
  if (first !== undefined) return asRoot(here, [first, ...more], gateways.length > 0)
  const [only] = gateways
  return only === undefined || gateways.length > 1
    ? null
    : joinOf(here.init, only, ['container-label'])
}

/** ToolHive's own process in front of the container is the server's, as its file says. */
function claimOfToolHive(scene: Scene, here: Inhabited, name: string): Claim | null {
  const [first, ...more] = entriesOf(scene, 'toolhive', name)
  if (first === undefined) return null
  const ids = [first, ...more]
  const [proxy] = topmost(scene, (process) =>
    scene.matches(process).some(({ signature }) => ids.includes(signature.server.id)),
  )
  return proxy === undefined
    ? asRoot(here, [first, ...more], false)
    : joinOf(here.init, proxy, ['container-label'])
}

function asRoot(
  { init }: Inhabited,
  serverIds: readonly [ServerId, ...ServerId[]],
  isRun: boolean,
): Claim {
  const quality = serverIds.length > 1 ? 'one-of' : isRun ? 'exact' : 'no-client'
  return rootOf(init, { serverIds, quality, reasons: ['container-label'], orphaned: !isRun })
}

function entriesOf(scene: Scene, client: Gateway, name: string): readonly ServerId[] {
  return scene.index.all
    .flatMap(({ server }) => (server.client === client && server.name === name ? [server.id] : []))
    .sort()
}

function isDockersGateway(scene: Scene, process: Process): boolean {
  const core = scene.facet(process).invocation?.core
  return core?.kind === 'binary' && gatewayOf(core.path, core.args) === 'docker-toolkit'
}

/** Those that are not below another of them. */
function topmost(scene: Scene, is: (process: Process) => boolean): readonly Process[] {
  const found = [...scene.table.processes.values()].filter(is)
  return found.filter((process) => {
    const parent = scene.parentOf(process)
    return parent === null || !found.includes(parent)
  })
}
