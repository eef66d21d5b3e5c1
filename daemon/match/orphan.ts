/** Whether a server runs without its client: what took it over, and what started it itself. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { InstanceId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { type Draft, lifeOf } from './draft.ts'
import { imageOf } from './facet.ts'
import type { KnownClient, Scene } from './scene.ts'

/** `client`: the one that it has now. `orphansBefore`: see `MatchInput`. */
export function isOrphaned(
  scene: Scene,
  draft: Draft,
  client: KnownClient | null,
  orphansBefore: ReadonlySet<InstanceId>,
): boolean {
  const { root, previous, members } = draft
  const top = root ?? members[0]
  if (top === undefined || client !== null || scene.nearestClient(top) !== null) return false
  if (previous?.orphaned === true || root === null) return true
  if (previous === null && orphansBefore.has(draft.id)) return true
  const parent = scene.parentOf(root)
  if (previous?.client == null && isService(root, parent)) return false
  const before = previous?.members.find(({ process }) => process.pid === root.pid)
  if (before === undefined) return parent !== null && isReaper(parent)
  return before.process.ppid !== root.ppid || hasClientEnded(scene, previous)
}

/**
 * What systemd starts is in the control group of its unit (systemd.unit(5)), and has no pipe as its standard input unless
 * told to. What a client left that was a service itself is in such a group too, and has that client's pipe.
 */
function isService({ stdin, cgroup }: Process, parent: Process | null): boolean {
  if (parent === null || nameOf(parent) !== 'systemd') return false
  return !/^(pipe|socket|unknown)$/.test(stdin) && isOfService(cgroup ?? '')
}

/** The innermost unit counts: a user's systemd is a service itself, and services may have groups of their own below. */
function isOfService(cgroup: string): boolean {
  const unit = cgroup.split('/').findLast((part) => /\.(?:service|scope|slice)$/.test(part))
  return unit?.endsWith('.service') === true
}

/** A client at the other end of standard input, or with another program in between, can end and leave the parent. */
function hasClientEnded({ table }: Scene, previous: Instance | null): boolean {
  const before = previous?.ancestors.find(({ pid }) => pid === previous.client?.pid)
  if (before === undefined) return false
  const now = table.processes.get(before.pid)
  return now === undefined || lifeOf(now) !== lifeOf(before)
}

/** init, or what takes its place for the processes of a user's session (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function isReaper(process: Process): boolean {
  return /^(systemd|init|launchd|tini|dumb-init|catatonit)$/.test(nameOf(process))
}

/** Only for the label `orphaned`, so that comm will do where the image may not be asked (pid 1). */
function nameOf({ executable, comm }: Process): string {
  return basename(imageOf(executable ?? comm))
}
