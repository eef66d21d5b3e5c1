/** What detached from an instance before it was first seen, by the group, session or pipe that it kept. */
import type { Process } from '../../shared/model/process.ts'
import { processesAbove } from './above.ts'
import { isEngineHelper } from './container-processes.ts'
import { type Draft, type Forest, lifeOf, runsContainers, type Walk } from './draft.ts'
import type { Scene } from './scene.ts'

/**
 * A daemonised child has lost its parent before it was first seen. What still ties it to its instance is a process
 * group or session that the instance has for itself (setpgid(2), setsid(2)): not the client's, and not another's; or
 * its descriptor 0, for a client gives each server a pipe of its own.
 */
export function adoptDetached(scene: Scene, forest: Forest, walk: Walk): void {
  const groups = new Map<number, Draft>()
  const pipes = new Map<number, Draft>()
  for (const draft of forest.drafts.values()) {
    const above = aboveOf(scene, draft)
    for (const group of ownGroups(scene, draft, above)) groups.set(group, draft)
    for (const pipe of ownPipes(scene, draft, above)) pipes.set(pipe, draft)
  }
  if (groups.size === 0 && pipes.size === 0) return
  for (const process of scene.table.processes.values()) {
    if (forest.owners.has(process)) continue
    const draft =
      groups.get(process.pgid ?? 0) ??
      groups.get(process.sid ?? 0) ??
      pipes.get(process.stdinInode ?? 0)
    if (draft === undefined || process.startTicks < startOf(draft)) continue
    if (isBehindEngine(scene, process) && runsContainers(scene, draft)) continue
    if (scene.nearestClient(process) === null && !scene.isSolidClient(process))
      walk(process, draft, null)
  }
}

/** Engines start containers in the group and session of whoever asks, until they give them their own. */
function isBehindEngine(scene: Scene, process: Process): boolean {
  const parent = scene.parentOf(process)
  return isEngineHelper(process) || (parent !== null && isEngineHelper(parent))
}

function startOf({ root, previous, members }: Draft): number {
  if (root !== null) return root.startTicks
  const known = previous?.members.map(({ process }) => process) ?? members
  return Math.min(...known.map(({ startTicks }) => startTicks))
}

function aboveOf(scene: Scene, draft: Draft): readonly Process[] {
  const above: Process[] = [...(draft.previous?.ancestors ?? [])]
  const top = draft.root ?? draft.members[0]
  for (const next of top === undefined ? [] : processesAbove(scene, top)) {
    above.push(next)
    if (scene.clientId(next) !== null || above.length > 32) break
  }
  return above
}

function membersOf({ members, previous }: Draft): readonly Process[] {
  return [...members, ...(previous?.members.map(({ process }) => process) ?? [])]
}

function ownGroups({ table }: Scene, draft: Draft, above: readonly Process[]): ReadonlySet<number> {
  const known = membersOf(draft)
  const groups = new Set<number>()
  // a number that was given again is the group of somebody else
  const isTaken = (member: Process): boolean => {
    const now = table.processes.get(member.pid)
    return now !== undefined && lifeOf(now) !== lifeOf(member)
  }
  const leaders = new Set(known.flatMap((member) => (isTaken(member) ? [] : [member.pid])))
  // only a group led by a member is certainly the instance's: a leader's pid is its number
  for (const { pgid, sid } of known)
    for (const group of [pgid, sid]) if (group !== null && leaders.has(group)) groups.add(group)
  for (const { pgid, sid } of above) {
    groups.delete(pgid ?? 0)
    groups.delete(sid ?? 0)
  }
  return groups
}

/** Inodes of what members have as descriptor 0; none without a client, as a shell gives one pipe to several. */
function ownPipes(scene: Scene, draft: Draft, above: readonly Process[]): ReadonlySet<number> {
  const { root, previous } = draft
  const hasClient = previous?.client != null || (root && scene.nearestClient(root)) !== null
  const inodes = hasClient ? membersOf(draft).map(({ stdinInode }) => stdinInode ?? 0) : []
  const pipes = new Set(inodes)
  for (const { stdinInode } of [{ stdinInode: 0 }, ...above]) pipes.delete(stdinInode ?? 0)
  return pipes
}
