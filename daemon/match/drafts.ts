/** Cutting the process forest into instances: which root, which members. Who they are is decided elsewhere. */
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import { type InstanceId, instanceId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import type { Claims, RootClaim } from './claims.ts'
import { imageOf } from './facet.ts'
import type { Scene } from './scene.ts'

export interface Draft {
  readonly id: InstanceId
  /** Null once the root is gone. */
  readonly root: Process | null
  readonly previous: Instance | null
  /** Parents before their children. */
  readonly members: Process[]
}

export interface Forest {
  readonly drafts: Map<InstanceId, Draft>
  readonly owners: Map<Process, Draft>
  readonly rootClaims: ReadonlyMap<Process, RootClaim>
  /** They belong to the instance of another process, and are no roots. */
  readonly joining: ReadonlySet<Process>
}

/** A process stays the same through exec: only its number and start count here. */
export function lifeOf(process: Process): string {
  return `${process.bootId}:${process.pid}:${process.startTicks}`
}

/**
 * Known members stay with their instance while they live. Below them everything belongs to it, up to the
 * servers of a nested client.
 * A process with a server's signature is a root only where no instance is above: a server cannot pass its traffic off
 * as another's by starting a look-alike.
 */
export function growForest(scene: Scene, state: MatchState, claims: Claims): Forest {
  const forest: Forest = {
    drafts: new Map(),
    owners: new Map(),
    rootClaims: new Map(claims.roots.map((claim) => [claim.process, claim])),
    joining: new Set(claims.joins.map(({ process }) => process)),
  }
  const remembered = rememberedOwners(scene, state, forest)
  const deferred: Process[] = []
  const walk = createWalk(scene, forest, remembered)
  for (const process of scene.table.processes.values())
    if (scene.parentOf(process) === null) walk(process, null, deferred)
  for (const { process, launcher } of claims.joins)
    walk(process, forest.owners.get(launcher) ?? null, null)
  adoptDetached(scene, forest, walk)
  for (const process of deferred) if (!forest.owners.has(process)) walk(process, null, null)
  for (const [id, draft] of forest.drafts) if (draft.members.length === 0) forest.drafts.delete(id)
  return forest
}

function rememberedOwners(
  scene: Scene,
  state: MatchState,
  forest: Forest,
): ReadonlyMap<Process, Draft> {
  const owners = new Map<Process, Draft>()
  for (const previous of state.instances.values()) {
    const root = scene.table.processes.get(previous.rootPid)
    const alive = root !== undefined && idOf(root) === previous.id
    const draft = { id: previous.id, root: alive ? root : null, previous, members: [] }
    forest.drafts.set(previous.id, draft)
    for (const { process } of previous.members) {
      const now = scene.table.processes.get(process.pid)
      if (now !== undefined && lifeOf(now) === lifeOf(process)) owners.set(now, draft)
    }
  }
  return owners
}

function idOf(root: Process): InstanceId {
  return instanceId(root.bootId, root.pid, root.startTicks)
}

function openDraft(forest: Forest, root: Process): Draft {
  const draft = { id: idOf(root), root, previous: null, members: [] }
  forest.drafts.set(draft.id, draft)
  return draft
}

type Walk = (start: Process, owner: Draft | null, deferred: Process[] | null) => void

/**
 * Top-down and without recursion: hostile trees are deep. With a `deferred` list, roots with no client above are put
 * there instead of being opened, for they may turn out to be forked off an instance.
 */
function createWalk(scene: Scene, forest: Forest, remembered: ReadonlyMap<Process, Draft>): Walk {
  const { owners } = forest
  return (start, firstOwner, deferred) => {
    const stack: [Process, Draft | null][] = [[start, firstOwner]]
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      const [process, above] = entry
      if (owners.has(process)) continue
      const known = remembered.get(process) ?? above
      const owner = known !== null && endsAt(scene, forest, known, process) ? null : known
      const draft = owner ?? rootDraft(scene, forest, process, deferred)
      if (draft === 'deferred') continue
      if (draft !== null) {
        owners.set(process, draft)
        draft.members.push(process)
      }
      for (const child of scene.childrenOf(process).toReversed()) stack.push([child, draft])
    }
  }
}

/**
 * A tree ends at the servers of a client inside it, those that this client is configured with: a program named like a
 * client must not lead to the name of an entry that is none of its own. The client itself stays a child: what a server does by starting
 * another program, it does, whatever that program is called.
 */
function endsAt(scene: Scene, forest: Forest, owner: Draft, process: Process): boolean {
  if (process === owner.root) return false
  const client = scene.nearestClient(process)
  return (
    client !== null &&
    forest.owners.get(client.process) === owner &&
    scene.isSolidClient(client.process) &&
    isRoot(scene, process) &&
    [
      ...scene.matches(process).map(({ signature }) => signature),
      ...scene.sizeMatches(process),
    ].some(({ server }) => server.client === client.id)
  )
}

function rootDraft(
  scene: Scene,
  forest: Forest,
  process: Process,
  deferred: Process[] | null,
): Draft | 'deferred' | null {
  if (forest.joining.has(process)) return 'deferred'
  if (forest.rootClaims.has(process)) return openDraft(forest, process)
  if (!isRoot(scene, process)) return null
  if (deferred !== null && scene.nearestClient(process) === null) {
    deferred.push(process)
    return 'deferred'
  }
  return openDraft(forest, process)
}

function isRoot(scene: Scene, process: Process): boolean {
  if (scene.sizeMatches(process).length > 0 && mayBeRetitled(scene, process)) return true
  const matches = scene.matches(process)
  if (matches.length === 0) return false
  if (scene.clientId(process) === null) return true
  // a client that is also a server (`… mcp serve`) must be configured with just these arguments
  return matches.some(
    ({ args, signature }) => args === 'all' && signature.invocation.core.args.length > 0,
  )
}

/**
 * Size alone is thin evidence: it counts for what a client started itself; and with no client above only for a process
 * on pipes that calls itself a package runner, which a real one proves soon by its child.
 */
function mayBeRetitled(scene: Scene, process: Process): boolean {
  const parent = scene.parentOf(process)
  if (parent !== null && scene.clientId(parent) !== null) return true
  if (scene.nearestClient(process) !== null) return false
  const onPipes = [process.stdin, process.stdout].every((kind) => /^(pipe|socket)$/.test(kind))
  return onPipes && scene.facet(process).invocation !== null && !startsShell(scene, process)
}

function startsShell(scene: Scene, process: Process): boolean {
  return scene.childrenOf(process).some((child) => scene.facet(child).launcher)
}

/**
 * A daemonised child has lost its parent before it was first seen. What still ties it to its instance is a process
 * group or session that the instance has for itself (setpgid(2), setsid(2)): not the client's, and not another's; or
 * its descriptor 0, for a client gives each server a pipe of its own.
 */
function adoptDetached(scene: Scene, forest: Forest, walk: Walk): void {
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
    if (scene.nearestClient(process) === null && !scene.isSolidClient(process))
      walk(process, draft, null)
  }
}

function startOf({ root, previous, members }: Draft): number {
  if (root !== null) return root.startTicks
  const known = previous?.members.map(({ process }) => process) ?? members
  return Math.min(...known.map(({ startTicks }) => startTicks))
}

function aboveOf(scene: Scene, draft: Draft): readonly Process[] {
  const above: Process[] = [...(draft.previous?.ancestors ?? [])]
  const top = draft.root ?? draft.members[0]
  for (let next = top ? scene.parentOf(top) : null; next !== null; next = scene.parentOf(next)) {
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

/** init, or what takes its place for the processes of a user's session (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function isReaper(process: Process): boolean {
  // only for the label `orphaned`, so that comm will do where the image may not be asked (pid 1)
  const name = basename(imageOf(process.executable ?? process.comm))
  return /^(systemd|init|launchd|tini|dumb-init|catatonit)$/.test(name)
}
