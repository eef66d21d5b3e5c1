/** Which package or program an instance is a copy of. */
import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { readImageReference, toPackageRef } from '../../shared/argv/package-spec.ts'
import type { Instance, Member, Unconfigured } from '../../shared/model/attribution.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { PackageRef } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { configuredPackage } from './configured-package.ts'
import { imageOf } from './facet.ts'
import type { Scene } from './scene.ts'

interface Before {
  readonly previous: Instance | null
  readonly unconfigured: Unconfigured | undefined
  readonly container: Instance['container'] | null
}

/** The package of the server's own script; else what the configuration says is run; else the name of its binary. */
export function whatRuns(
  scene: Scene,
  members: readonly Member[],
  server: ServerId,
  { previous, unconfigured, container }: Before,
): { package: PackageRef | null; binary: string | null } {
  const serving = members.filter(({ role }) => role === 'server').map(({ process }) => process)
  // Of one that is known by its events alone nothing can be said.
  const running = serving.find(({ executable, argv }) => executable !== null || argv.length > 0)
  // What a process in a container calls its script is in another file system.
  const own = container === null ? running?.script?.package : null
  if (own) return { package: own, binary: null }
  const configured = scene.index.all.find((signature) => signature.server.id === server)?.server
  const named =
    configured?.launch?.script?.package ??
    (configured && configuredPackage(configured)) ??
    unconfigured?.package ??
    (container && toPackageRef('image', readImageReference(container.image)))
  if (named) return { package: named, binary: null }
  const executable = running?.executable ?? null
  if (executable === null || interpreterOf(imageOf(executable)) !== null)
    return { package: previous?.package ?? null, binary: previous?.binary ?? null }
  return { package: null, binary: basename(imageOf(executable)) }
}
