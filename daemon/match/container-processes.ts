/** Which processes run in which container, by their control groups. Pure. */
import type { Container } from '../../shared/model/container.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
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
    if (init !== undefined && isInit(scene, init, container))
      found.set(container.id, { container, init, others: [] })
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

/** The number may have been given again since the engine was asked: the group tells, or who started it. */
function isInit(scene: Scene, process: Process, { id }: Container): boolean {
  const ids = containerIdsIn(process.cgroup)
  if (ids.length > 0) return ids.includes(id)
  return scene.parentOf(process)?.argv.some((word) => word.includes(id)) === true
}

/**
 * Programs of the engines: they carry a container's packets, fetch passwords for registries and look after its first
 * process. None of it is the server's doing. Told by executable, as names can be taken.
 */
const HELPER =
  /^(?:conmon|slirp4netns|passt|pasta|rootlessport|netavark|aardvark-dns|crun|runc|youki|runsc|fuse-overlayfs|newuidmap|newgidmap|catatonit|containerd-shim|docker-proxy|docker-credential)(?:[.-].*)?$/

export function isEngineHelper({ executable, cgroup }: Process): boolean {
  if (executable === null || containerIdsIn(cgroup).length > 0) return false
  // runc executes a copy of itself that is in no folder
  return executable.startsWith('/memfd:runc') || HELPER.test(basename(imageOf(executable)))
}
