/** Which processes run in which container, by their control groups. Pure. */
import type { Container } from '../../shared/model/container.ts'
import type { Process } from '../../shared/model/process.ts'
import { processesAbove } from './above.ts'
import { imageOf } from './facet.ts'
import type { Scene } from './scene.ts'

export interface Inhabited {
  readonly container: Container
  readonly init: Process
  /** The others in it: what the first one started, and what an engine was told to run beside it. */
  readonly others: readonly Process[]
}

/**
 * `/docker/ID`, `docker-ID.scope`, `libpod-ID.scope`: so engines call the group of a container. Its monitor's is called
 * `libpod-conmon-ID.scope`, and that one is outside.
 */
const IN_CONTAINER = /(?:^|[/-])(?<!conmon-)([0-9a-f]{64})(?=\.scope|\/|$)/g

/** Numbers of the containers that a control group path leads into, the outermost first. */
export function containerIdsIn(cgroup: string | null): readonly string[] {
  if (cgroup === null || cgroup.length < 64) return []
  return [...cgroup.matchAll(IN_CONTAINER)].map((found) => found[1] ?? '')
}

/** Every container whose first process is in the table. */
export function inhabitedContainers(
  scene: Scene,
  containers: readonly Container[],
): readonly Inhabited[] {
  const found = new Map<string, { container: Container; init: Process; others: Process[] }>()
  for (const container of containers) {
    const init = scene.table.processes.get(container.pid ?? 0)
    if (init === undefined || isStartedHere(scene, init)) continue
    if (isInit(scene, init, container)) found.set(container.id, { container, init, others: [] })
  }
  if (found.size === 0) return []
  for (const process of scene.table.processes.values()) {
    // one container in another: the inner one's, where it is known
    const id = containerIdsIn(process.cgroup).findLast((each) => found.has(each))
    const here = found.get(id ?? '')
    if (here !== undefined && here.init !== process) here.others.push(process)
  }
  return [...found.values()]
}

/**
 * The number may have been given again since the engine was asked: the group tells, or who started it. Anybody can have a
 * number among his words, so that it has to be an engine's program.
 */
function isInit(scene: Scene, process: Process, { id }: Container): boolean {
  const ids = containerIdsIn(process.cgroup)
  if (ids.length > 0) return ids.includes(id)
  const parent = scene.parentOf(process)
  if (parent === null || !(parent.uid === 0 || isEngineHelper(parent))) return false
  return parent.argv.some((word) => word.includes(id))
}

/**
 * Programs of the engines: they carry a container's packets, fetch passwords for registries and look after its first
 * process. None of it is the server's doing. Told by executable, where users cannot put one, as names can be taken.
 */
const HELPER =
  /^\/(?:usr|bin|sbin|lib|opt|nix\/store|snap)\/(?:.*\/)?(?:conmon|slirp4netns|passt|pasta|rootlessport|netavark|aardvark-dns|crun|runc|youki|runsc|fuse-overlayfs|newuidmap|newgidmap|catatonit|containerd-shim|docker-proxy|docker-credential)(?:[.-][^/]*)?$/

export function isEngineHelper({ executable, cgroup }: Process): boolean {
  if (executable === null || !HELPER.test(imageOf(executable))) return false
  return containerIdsIn(cgroup).length === 0
}

/** Commands above a process that run a container, up to the client. */
export function callsAbove(scene: Scene, process: Process): readonly Process[] {
  const calls: Process[] = []
  for (const above of processesAbove(scene, process)) {
    if (scene.clientId(above) !== null) break
    if (scene.facet(above).invocation?.core.kind === 'image') calls.push(above)
  }
  return calls
}

/** What a client or its servers started is no container's, whatever somebody says who calls himself an engine. */
function isStartedHere(scene: Scene, init: Process): boolean {
  return scene.nearestClient(init) !== null && callsAbove(scene, init).length === 0
}
