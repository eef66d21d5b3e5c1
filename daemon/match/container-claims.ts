/** Whose a container is: of the command that made it, of a gateway's server, or of an entry that once made it. Pure. */
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import type { Container } from '../../shared/model/container.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Claims, type JoinClaim, NO_CLAIMS, type RootClaim } from './claims.ts'
import { type Caller, findCallers, livesOf, madeBy } from './container-callers.ts'
import { assignCalls, type Call } from './container-calls.ts'
import { claimOfMemory, claimUncalled, isContainerReason } from './container-entries.ts'
import type { Claim } from './container-gateways.ts'
import { type Inhabited, inhabitedContainers } from './container-processes.ts'
import { lifeOf } from './drafts.ts'
import type { Scene } from './scene.ts'

/**
 * The order of evidence: whose it was in the tick before, the command that made it and still runs, whose it was before it
 * was started again, a gateway's label, and what the entries say. What is in a container is known by nothing else:
 * its words and paths are of another file system.
 */
export function claimContainers(
  scene: Scene,
  previous: MatchState,
  containers: readonly Container[],
): Claims {
  const inhabited = inhabitedContainers(scene, containers)
  if (inhabited.length === 0) return NO_CLAIMS
  const lives = livesOf(previous)
  const callers = findCallers(scene, lives)
  const taken = new Set<Caller>()
  const claims: Claim[] = []
  const fresh: Inhabited[] = []
  const undecided = new Map<Inhabited, Claim>()
  for (const here of inhabited) {
    // its command may have ended since, and then others that look alike would be left
    if (previous.containers.get(here.container.id)?.length === 0) continue
    const instance = lives.get(lifeOf(here.init))
    const kept = instance === undefined ? null : keptClaim(here, instance)
    // a part of an instance already, and not by its container: no engine's word changes that
    if (instance !== undefined && kept === null) continue
    // more may be known by now: labels come later than the monitor's word
    if (kept?.kind === 'root' && kept.root.quality === 'one-of') {
      undecided.set(here, kept)
      fresh.push(here)
      continue
    }
    const claim = kept ?? claimOfMemory(scene, previous, here, callers)
    if (claim === null) {
      fresh.push(here)
      continue
    }
    claims.push(claim)
    const owner = claim.kind === 'join' ? lives.get(lifeOf(claim.join.launcher)) : undefined
    const free = callers.filter(
      (one) => owner !== undefined && lives.get(lifeOf(one.process)) === owner && !taken.has(one),
    )
    const caller = callerOf(scene, free, here)
    if (caller !== undefined) taken.add(caller)
  }
  const calls = assignCalls(scene, callers, fresh, taken)
  for (const here of fresh) {
    const call = calls.get(here)
    // that fewer look alike by now tells nothing: their commands may have ended
    const isNews = call?.kind === 'made' && call.evidence !== 'container-image'
    const before = isNews ? undefined : undecided.get(here)
    const claim =
      before !== undefined
        ? before
        : call !== undefined
          ? claimOfCall(here, call)
          : scene.nearestClient(here.init) === null
            ? claimUncalled(scene, here)
            : null
    if (claim !== null) claims.push(claim)
  }
  const disowned = fresh.filter((here) => isNobodys(calls.get(here)))
  return {
    ...claimsOf(scene, inhabited, claims),
    disowned: new Set(disowned.map(({ container }) => container.id)),
  }
}

/** Of an instance's commands the one whose container it is: it may be called otherwise by now. */
function callerOf(
  scene: Scene,
  callers: readonly Caller[],
  { container, init }: Inhabited,
): Caller | undefined {
  const before = callers
    .filter(({ process }) => process.startTicks <= init.startTicks)
    .sort((a, b) => b.process.startTicks - a.process.startTicks)
  return before.find((one) => madeBy(scene, one, container, init) !== null) ?? before[0]
}

function isNobodys(call: Call | undefined): boolean {
  switch (call?.kind) {
    case 'made':
      return call.by.serverIds.length === 0
    case 'contested':
      return call.serverIds.length === 0
    case undefined:
      return false
  }
}

/** A process stays where it was once seen to belong. */
function keptClaim({ init }: Inhabited, instance: Instance): Claim | null {
  const { serverIds, quality, reasons, orphaned } = instance
  const isRoot = instance.rootPid === init.pid && instance.root.startsWith(`${lifeOf(init)}:`)
  if (!isRoot) {
    const evidence = reasons.filter(isContainerReason)
    return asJoin(init, init, evidence)
  }
  if (!reasons.some(isContainerReason) && quality !== 'remembered') return null
  return {
    kind: 'root',
    root: { process: init, serverIds, quality, reasons, orphaned, isContained: true },
  }
}

function claimOfCall({ init }: Inhabited, call: Call): Claim | null {
  if (call.kind === 'made') return asJoin(init, call.by.process, [call.evidence])
  const [first, ...more] = call.serverIds
  if (first === undefined) return null
  const root: RootClaim = {
    process: init,
    serverIds: [first, ...more],
    quality: 'one-of',
    reasons: ['container-image', 'same-signature'],
    orphaned: false,
    isContained: true,
  }
  return { kind: 'root', root }
}

function asJoin(process: Process, launcher: Process, reasons: JoinClaim['reasons']): Claim {
  return { kind: 'join', join: { process, launcher, reasons, role: 'server' } }
}

/** What else is in a container goes with its first process, unless a client that runs in there has started it. */
function claimsOf(
  scene: Scene,
  inhabited: readonly Inhabited[],
  claims: readonly Claim[],
): Omit<Claims, 'disowned'> {
  const roots = claims.flatMap((claim) => (claim.kind === 'root' ? [claim.root] : []))
  const joins = claims.flatMap((claim) => (claim.kind === 'join' ? [claim.join] : []))
  const claimed = new Set([...roots, ...joins].map(({ process }) => process))
  const strangers = new Set<Process>()
  for (const { init, others } of inhabited) {
    if (!claimed.has(init)) strangers.add(init)
    for (const process of others)
      if (scene.clientId(process) === null && scene.nearestClient(process) === null)
        joins.push({ process, launcher: init, reasons: [], role: 'child' })
  }
  const containers = new Map(
    inhabited.map(({ init, container: { id, name, image } }) => [
      init,
      { id: id.slice(0, 12), name, image },
    ]),
  )
  return { joins, roots, strangers, containers }
}
