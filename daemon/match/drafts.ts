/** Cutting the process forest into instances: which root, which members. Who they are is decided elsewhere. */
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import { type InstanceId, instanceId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Claims } from './claims.ts'
import { isEngineHelper } from './container-processes.ts'
import { adoptDetached } from './detached.ts'
import { type Draft, type Forest, lifeOf, runsContainers, type Walk } from './draft.ts'
import type { Scene } from './scene.ts'

export { type Draft, type Forest, lifeOf } from './draft.ts'

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
    joining: new Map(claims.joins.map((claim) => [claim.process, claim])),
    strangers: claims.strangers,
  }
  const remembered = rememberedOwners(scene, state, forest)
  const deferred: Process[] = []
  const walk = createWalk(scene, forest, remembered)
  for (const process of scene.table.processes.values())
    if (scene.parentOf(process) === null) walk(process, null, deferred)
  joinAll(
    forest,
    claims.joins.filter(({ role }) => role === 'server'),
    walk,
  )
  adoptDetached(scene, forest, walk)
  for (const process of deferred) if (!forest.owners.has(process)) walk(process, null, null)
  joinAll(forest, claims.joins, walk)
  // nobody's containers: a client that runs in one may have servers of its own
  for (const { process } of claims.joins) if (!forest.owners.has(process)) walk(process, null, null)
  for (const [id, draft] of forest.drafts) if (draft.members.length === 0) forest.drafts.delete(id)
  return forest
}

function joinAll({ owners }: Forest, joins: Claims['joins'], walk: Walk): void {
  for (const { process, launcher } of joins) {
    const owner = owners.get(launcher)
    if (owner !== undefined) walk(process, owner, null)
  }
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
    if (alive && isDecided(forest, root, previous)) continue
    const draft = { id: previous.id, root: alive ? root : null, previous, members: [] }
    forest.drafts.set(previous.id, draft)
    for (const { process } of previous.members) {
      const now = scene.table.processes.get(process.pid)
      if (now === undefined || lifeOf(now) !== lifeOf(process)) continue
      if (forest.joining.get(now)?.isMoved !== true) owners.set(now, draft)
    }
  }
  return owners
}

/** It was one of several by its container, and by now the command is known that has made it. */
function isDecided({ joining }: Forest, root: Process, { quality }: Instance): boolean {
  const join = joining.get(root)
  return quality === 'one-of' && join !== undefined && join.launcher !== root
}

function idOf(root: Process): InstanceId {
  return instanceId(root.bootId, root.pid, root.startTicks)
}

function openDraft(forest: Forest, root: Process): Draft {
  const draft = { id: idOf(root), root, previous: null, members: [] }
  forest.drafts.set(draft.id, draft)
  return draft
}

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
      const isOut = known !== null && leaves(scene, forest, known, process)
      const draft = isOut || known === null ? rootDraft(scene, forest, process, deferred) : known
      if (draft === 'deferred') continue
      if (draft !== null) {
        owners.set(process, draft)
        draft.members.push(process)
      }
      for (const child of scene.childrenOf(process).toReversed()) stack.push([child, draft])
    }
  }
}

/** Not below it any more, in what counts: a nested client's server, or a program of the container engine. */
function leaves(scene: Scene, forest: Forest, owner: Draft, process: Process): boolean {
  return isHelperOfCall(scene, forest, owner, process) || endsAt(scene, forest, owner, process)
}

/** What an instance with a command that runs a container has of the engine's programs, wherever they are by now. */
function isHelperOfCall(scene: Scene, forest: Forest, owner: Draft, process: Process): boolean {
  if (forest.joining.has(process) || !isEngineHelper(process)) return false
  return runsContainers(scene, owner)
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
  if (forest.joining.has(process)) return deferred === null ? null : 'deferred'
  if (forest.rootClaims.has(process)) return openDraft(forest, process)
  if (forest.strangers.has(process) || !isRoot(scene, process)) return null
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
