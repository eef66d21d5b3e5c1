/** Whose a container is: of the command that made it, of a gateway's server, or of an entry that once made it. Pure. */
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import type { Container } from '../../shared/model/container.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Claims, type JoinClaim, NO_CLAIMS } from './claims.ts'
import { type Caller, findCallers, type Lives, livesOf, madeBy } from './container-callers.ts'
import { assignCalls, type Call } from './container-calls.ts'
import { claimOfMemory, claimUncalled } from './container-entries.ts'
import { type Claim, isContainerReason, joinOf, rootOf } from './container-init-claim.ts'
import { attachedTo, enteredBy, findNamedCallers, type NamedCaller } from './container-named.ts'
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
  const named = findNamedCallers(scene, lives, inhabited)
  const { settled, open, taken } = settleKnown(
    { scene, previous, lives, callers, named },
    inhabited,
  )
  const calls = assignCalls(scene, callers, [...open.keys()], taken)
  const free = callers.filter((one) => !taken.has(one))
  const opened = [...open].flatMap(([here, before]) => {
    const claim = claimOfOpen(scene, here, { call: calls.get(here), before, named })
    return claim === null ? [] : withCallers(scene, free, here, claim)
  })
  const disowned = [...open.keys()].filter(
    (here) => isNobodys(calls.get(here)) && attachedTo(named, here) === null,
  )
  return {
    ...claimsOf(
      scene,
      inhabited,
      [...settled, ...opened],
      enteredBy(scene, lives, named, inhabited),
    ),
    disowned: new Set(disowned.map(({ container }) => container.id)),
  }
}

interface Before {
  readonly scene: Scene
  readonly previous: MatchState
  readonly lives: Lives
  readonly callers: readonly Caller[]
  readonly named: readonly NamedCaller[]
}

interface Settled {
  readonly settled: readonly Claim[]
  /** Those that a command may have made, with the claim that counts where none is found. */
  readonly open: ReadonlyMap<Inhabited, Claim | null>
  /** Commands whose container is known. */
  readonly taken: ReadonlySet<Caller>
}

function settleKnown(before: Before, inhabited: readonly Inhabited[]): Settled {
  const { scene, previous, lives, callers, named } = before
  const settled: Claim[] = []
  const open = new Map<Inhabited, Claim | null>()
  const taken = new Set<Caller>()
  for (const here of inhabited) {
    // its command may have ended since, and then others that look alike would be left
    const wasNobodys = previous.containers.get(here.container.id)?.length === 0
    if (wasNobodys && attachedTo(named, here) === null) continue
    const instance = lives.get(lifeOf(here.init))
    const kept = instance === undefined ? null : keptClaim(here, instance)
    // a part of an instance already, and not by its container: no engine's word changes that
    if (instance !== undefined && kept === null) continue
    const claim = kept ?? claimOfMemory(scene, previous, here, callers)
    // more may be known by now: labels come later than the monitor's word
    if (claim === null || isOneOf(kept)) {
      open.set(here, claim)
      continue
    }
    settled.push(claim)
    const caller = callerOf(before, here, claim, taken)
    if (caller !== undefined) taken.add(caller)
  }
  return { settled, open, taken }
}

function isOneOf(claim: Claim | null): boolean {
  return claim?.kind === 'root' && claim.root.quality === 'one-of'
}

interface Told {
  readonly call: Call | undefined
  readonly before: Claim | null
  readonly named: readonly NamedCaller[]
}

/** That fewer commands look alike by now tells nothing: the others may have ended. */
function claimOfOpen(scene: Scene, here: Inhabited, { call, before, named }: Told): Claim | null {
  const isNews = call?.kind === 'made' && call.evidence !== 'container-image'
  if (before !== null && !isNews) return before
  const attached = call === undefined || isNobodys(call) ? attachedTo(named, here) : null
  if (attached !== null) return joinOf(here.init, attached.process, ['container-name'])
  if (call !== undefined) return claimOfCall(here, call)
  return scene.nearestClient(here.init) === null ? claimUncalled(scene, here) : null
}

/** Of the commands of the instance that it joins the one whose container it is: it may be called otherwise by now. */
function callerOf(
  { scene, lives, callers }: Before,
  { container, init }: Inhabited,
  claim: Claim,
  taken: ReadonlySet<Caller>,
): Caller | undefined {
  const owner = claim.kind === 'join' ? lives.get(lifeOf(claim.join.launcher)) : undefined
  if (owner === undefined) return undefined
  const able = callers
    .filter((one) => !taken.has(one) && lives.get(lifeOf(one.process)) === owner)
    .filter(({ process }) => process.startTicks <= init.startTicks)
    .sort((a, b) => b.process.startTicks - a.process.startTicks)
  return able.find((one) => madeBy(scene, one, container, init) !== null) ?? able[0]
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

/** What one of several commands has made has a client as long as one of them runs. */
function withCallers(
  scene: Scene,
  free: readonly Caller[],
  { container, init }: Inhabited,
  claim: Claim,
): Claim {
  if (claim.kind === 'join' || !claim.root.reasons.includes('same-signature')) return claim
  const { serverIds } = claim.root
  const able = free.filter(
    (one) =>
      one.serverIds.some((id) => serverIds.includes(id)) &&
      madeBy(scene, one, container, init) !== null,
  )
  const callers = able.map(({ process }) => process)
  return { kind: 'root', root: { ...claim.root, orphaned: callers.length === 0, callers } }
}

/** A process stays where it was once seen to belong. */
function keptClaim({ init }: Inhabited, instance: Instance): Claim | null {
  const { serverIds, quality, reasons, orphaned } = instance
  const isRoot = instance.rootPid === init.pid && instance.root.startsWith(`${lifeOf(init)}:`)
  if (!isRoot) return joinOf(init, init, reasons.filter(isContainerReason))
  if (!reasons.some(isContainerReason) && quality !== 'remembered') return null
  return rootOf(init, { serverIds, quality, reasons, orphaned })
}

function claimOfCall({ init }: Inhabited, call: Call): Claim | null {
  if (call.kind === 'made') return joinOf(init, call.by.process, [call.evidence])
  const [first, ...more] = call.serverIds
  if (first === undefined) return null
  return rootOf(init, {
    serverIds: [first, ...more],
    quality: 'one-of',
    reasons: ['container-image', 'same-signature'],
    orphaned: false,
  })
}

/** What else is in a container goes with its first process, unless a client that runs in there has started it. */
function claimsOf(
  scene: Scene,
  inhabited: readonly Inhabited[],
  claims: readonly Claim[],
  entered: readonly JoinClaim[],
): Omit<Claims, 'disowned'> {
  const roots = claims.flatMap((claim) => (claim.kind === 'root' ? [claim.root] : []))
  const joins = claims.flatMap((claim) => (claim.kind === 'join' ? [claim.join] : []))
  joins.push(...entered)
  const claimed = new Set([...roots, ...joins].map(({ process }) => process))
  const strangers = new Set<Process>()
  for (const { init, others } of inhabited) {
    if (!claimed.has(init)) strangers.add(init)
    for (const process of others)
      if (
        !claimed.has(process) &&
        scene.clientId(process) === null &&
        scene.nearestClient(process) === null
      )
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
