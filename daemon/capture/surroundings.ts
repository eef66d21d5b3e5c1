/** What around us keeps every engine from seeing more, whichever of them is used. Pure. */
import { hidesProcesses } from '../../shared/linux/hidepid.ts'
import type { DegradedReason } from '../../shared/model/observation.ts'

/** Null, or false, for what is not there or may not be read. */
export interface SurroundingFacts {
  readonly uid: number
  /** /proc/self/mountinfo. */
  readonly mounts: string | null
  /** /proc/sys/kernel/osrelease. */
  readonly kernelRelease: string | null
  /** /proc/self/attr/current: the AppArmor profile we run under (apparmor(7)). */
  readonly confinement: string | null
  /** Names of the environment that are set, and nothing of what they are set to. */
  readonly environment: ReadonlySet<string>
  /** Of the files that container engines leave in each container. */
  readonly hasContainerFile: boolean
}

/** Files that Docker and Podman make in each container. */
export const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'] as const
/** Set in a devcontainer by the editor that made it, and in a Codespace. */
export const CONTAINER_NAMES = ['REMOTE_CONTAINERS', 'CODESPACES'] as const
/** Set in each program of a snap. */
export const SNAP_NAME = 'SNAP'

export function surroundingReasons(facts: SurroundingFacts): readonly DegradedReason[] {
  const { uid, mounts, kernelRelease, environment, hasContainerFile } = facts
  const reasons: DegradedReason[] = []
  if (uid !== 0 && mounts !== null && hidesProcesses(mounts)) reasons.push('processes-hidden')
  if (isSnap(facts)) reasons.push('snap-confined')
  if (kernelRelease !== null && /microsoft/i.test(kernelRelease)) reasons.push('inside-windows')
  if (hasContainerFile || CONTAINER_NAMES.some((name) => environment.has(name)))
    reasons.push('inside-container')
  return reasons
}

/**
 * A classic snap runs unconfined, or under a profile that only complains; the programs that it starts inherit its
 * environment, so that says something only where the profile is not known.
 */
function isSnap({ confinement, environment }: SurroundingFacts): boolean {
  if (confinement === null) return environment.has(SNAP_NAME)
  const profile = confinement.replace(/\0.*$/s, '').trim()
  return profile.startsWith('snap.') && !/\((complain|unconfined)\)$/.test(profile)
}

/** Programs that hold the connections of rootless containers in their place; comm is cut to 15 characters. */
const RELAYS: ReadonlySet<string> = new Set([
  'pasta',
  'pasta.avx2',
  'passt',
  'passt.avx2',
  'slirp4netns',
  'rootlesskit',
  'rootlessport',
  'podman',
])

/** By the short name of a process: a hint of what may be missing, never evidence of what it is. */
export function isRelay(comm: string): boolean {
  return RELAYS.has(comm.trim())
}
