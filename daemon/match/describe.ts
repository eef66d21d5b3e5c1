/** From a named draft to an instance: quality, reasons, client, what runs. */
import type {
  Instance,
  Member,
  Quality,
  Reason,
  Role,
  Unconfigured,
} from '../../shared/model/attribution.ts'
import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Candidate, isInProject } from './choose.ts'
import type { Claims, JoinClaim, RootClaim } from './claims.ts'
import type { Draft, Forest } from './drafts.ts'
import { lostItsPort } from './listener-claims.ts'
import { isOrphaned, isReaper } from './orphan.ts'
import type { KnownClient, Scene } from './scene.ts'
import { whatRuns } from './what-runs.ts'

export interface Claimed {
  readonly forest: Forest
  readonly claims: Claims
  /** See `MatchInput`. */
  readonly orphansBefore: ReadonlySet<InstanceId>
}

/** `candidates` is empty for an instance that keeps the name it had; null when it never had one. */
export function describeInstance(
  scene: Scene,
  claimed: Claimed,
  draft: Draft,
  candidates: readonly Candidate[],
  roles: Roles,
): Instance | null {
  const { root, previous } = draft
  const claim = candidates.length > 0 ? null : rootClaimOf(claimed, draft)
  const joins = draft.members.flatMap((process) => claimed.forest.joining.get(process) ?? [])
  const serverIds = claim?.serverIds ?? idsOf(draft, candidates)
  const first = root ?? previous?.members[0]?.process ?? draft.members[0]
  if (serverIds === null || first === undefined) return null
  if (claim === null && lostItsPort(claimed, draft)) return null
  const members = draft.members.map(
    (process): Member => ({ process, role: roles.get(process) ?? 'child' }),
  )
  const orphaned =
    claim?.orphaned ??
    isOrphaned(scene, draft, clientNow(scene, draft, roles), claimed.orphansBefore)
  const container = containerOf(claimed, draft)
  const unconfigured = candidates.length > 0 ? undefined : unconfiguredIn(claimed, draft)
  return {
    id: draft.id,
    serverIds,
    root: root?.key ?? previous?.root ?? first.key,
    rootPid: root?.pid ?? previous?.rootPid ?? first.pid,
    startedAt: root?.startedAt ?? previous?.startedAt ?? first.startedAt,
    client: lastClient(scene, draft, roles, claim),
    ancestors: ancestorsOf(scene, draft, roles),
    ...(claim === null
      ? withJoins(judgeEvidence(scene, draft, candidates, members), joins)
      : { quality: claim.quality, reasons: claim.reasons, judged: true }),
    orphaned,
    ...(container === null ? {} : { container }),
    ...(unconfigured === undefined ? {} : { unconfigured }),
    ...whatRuns(scene, members, serverIds[0], { previous, unconfigured, container }),
    members,
  }
}

function rootClaimOf({ forest }: Claimed, { root }: Draft): RootClaim | null {
  return root === null ? null : (forest.rootClaims.get(root) ?? null)
}

/** What it is listed as where no entry declares it, as long as none is found to. */
export function unconfiguredIn(claimed: Claimed, draft: Draft): Unconfigured | undefined {
  const claim = rootClaimOf(claimed, draft)
  return claim === null ? draft.previous?.unconfigured : claim.unconfigured
}

function containerOf(
  { claims }: Claimed,
  { members }: Draft,
): NonNullable<Instance['container']> | null {
  for (const process of members) {
    const container = claims.containers.get(process)
    if (container !== undefined) return container
  }
  return null
}

type Evidence = Pick<Instance, 'quality' | 'reasons' | 'judged'>

/** A name that only the launcher's command line gave is exact once what it launched was found. */
function withJoins(evidence: Evidence, joins: readonly JoinClaim[]): Evidence {
  if (joins.length === 0) return evidence
  const quality = evidence.quality === 'launcher' ? 'exact' : evidence.quality
  const reasons = new Set([...evidence.reasons, ...joins.flatMap((join) => join.reasons)])
  return { ...evidence, quality, reasons: [...reasons] }
}

function idsOf(
  { previous }: Draft,
  candidates: readonly Candidate[],
): readonly [ServerId, ...ServerId[]] | null {
  const [first, ...rest] = candidates.map(({ signature }) => signature.server.id).sort()
  return first === undefined ? (previous?.serverIds ?? null) : [first, ...rest]
}

/** Quality, reasons and whether the instance is judged at all. */
function judgeEvidence(
  scene: Scene,
  draft: Draft,
  candidates: readonly Candidate[],
  members: readonly Member[],
): Evidence {
  const { root, previous } = draft
  const reasons = new Set<Reason>()
  if (candidates.length === 0) for (const reason of previous?.reasons ?? []) reasons.add(reason)
  for (const candidate of candidates) addReasons(reasons, candidate)
  if (root !== null && candidates.length > 0)
    addPlaceReasons(reasons, scene, draft, root, candidates)
  if (root !== null && scene.facet(root).untrusted && reasons.has('argument-size'))
    reasons.add('title-rewritten')
  const ownRun = previous === null ? root !== null && isOwnRun(scene, root) : !previous.judged
  if (ownRun) reasons.add('terminal-or-file-on-stdin')
  if (root === null) reasons.add('root-gone')
  const quality =
    root === null
      ? 'remembered'
      : candidates.length === 0
        ? (previous?.quality ?? 'remembered')
        : qualityOf(scene, root, candidates, members, reasons)
  return { quality, reasons: [...reasons], judged: !ownRun }
}

function addReasons(reasons: Set<Reason>, { how, args, evidence }: Candidate): void {
  if (evidence === 'words') reasons.add(how)
  if (evidence === 'size') reasons.add('argument-size').add('title-rewritten')
  if (args === 'all') reasons.add('all-arguments')
  if (args === 'some') reasons.add('some-arguments')
}

function addPlaceReasons(
  reasons: Set<Reason>,
  scene: Scene,
  { previous }: Draft,
  root: Process,
  candidates: readonly Candidate[],
): void {
  const client = scene.clientOf(root)
  const id = client?.id ?? previous?.client?.id ?? null
  const own = candidates.some(({ signature }) => signature.server.client === id)
  const isAbove = client === null || scene.nearestClient(root) !== null
  if (id === null) reasons.add('no-client-ancestor')
  else if (isAbove) reasons.add(own ? 'client-ancestor' : 'other-client-ancestor')
  else reasons.add(own ? 'client-at-stdin' : 'other-client-at-stdin')
  const folder = client?.process.cwd ?? null
  if (
    candidates.every(
      (c) => c.signature.project && isInProject(c.signature.project, root.cwd, folder),
    )
  )
    reasons.add('project-directory')
  if (candidates.length > 1) reasons.add('same-signature')
}

function qualityOf(
  scene: Scene,
  root: Process,
  candidates: readonly Candidate[],
  members: readonly Member[],
  reasons: ReadonlySet<Reason>,
): Quality {
  if (candidates.length > 1) return 'one-of'
  if (reasons.has('no-client-ancestor')) return 'no-client'
  const [only] = candidates
  if (only === undefined || only.args !== 'all') return 'args-subset'
  const isLauncher = scene.facet(root).launcher
  const proofs = members.flatMap(({ process, role }) =>
    role === 'server'
      ? scene.shown(process).filter(({ signature }) => signature === only.signature)
      : [],
  )
  if (!only.strong && !(isLauncher && proofs.some(({ strong }) => strong))) return 'args-subset'
  return isLauncher && proofs.length === 0 ? 'launcher' : 'exact'
}

/**
 * A client talks to its servers through pipes, so a terminal or file is a developer's own run. But a server can put
 * /dev/null or a terminal of its own making (openpty(3)) in place of its pipe: what a client started itself is judged
 * all the same. So is what nobody runs any more and no terminal belongs to, like a server that made itself a daemon.
 */
function isOwnRun(scene: Scene, root: Process): boolean {
  const kinds = [root.stdin, root.stdout]
  if (kinds.every((kind) => kind === 'pipe' || kind === 'socket' || kind === 'unknown'))
    return false
  const parent = scene.parentOf(root)
  if (parent !== null && scene.clientId(parent) !== null) return false
  if (scene.nearestClient(root) === null && scene.clientOf(root) !== null) return false
  const isAlone = parent === null || parent.pid === 1 || isReaper(parent)
  return kinds.includes('terminal') || !isAlone
}

type Roles = ReadonlyMap<Process, Role>

/** Above the root or at the other end of its descriptor 0; when it is gone, at that of what served and lives on. */
function clientNow(scene: Scene, { root, members }: Draft, roles: Roles): KnownClient | null {
  if (root !== null) return scene.clientOf(root)
  for (const process of members) {
    const client = roles.get(process) === 'server' ? scene.clientOf(process) : null
    if (client !== null) return client
  }
  return null
}

function lastClient(
  scene: Scene,
  draft: Draft,
  roles: Roles,
  claim: RootClaim | null,
): Instance['client'] {
  const client = clientNow(scene, draft, roles) ?? clientOfAll(scene, claim?.callers ?? [])
  if (client === null) return draft.previous?.client ?? null
  return { id: client.id, process: client.process.key, pid: client.process.pid }
}

/** Of commands that cannot be told apart, where they have the same. */
function clientOfAll(scene: Scene, callers: readonly Process[]): KnownClient | null {
  const [first = null, ...others] = callers.map((caller) => scene.clientOf(caller))
  return others.every((other) => other?.process === first?.process) ? first : null
}

/** How far up descriptors are compared where no client is known. */
const LEVELS_WITHOUT_CLIENT = 4

function ancestorsOf(scene: Scene, draft: Draft, roles: Roles): readonly Process[] {
  const { root, previous } = draft
  const above: Process[] = []
  if (root !== null) {
    const client = scene.nearestClient(root)?.process ?? null
    let next = scene.parentOf(root)
    while (next !== null && (client !== null || above.length < LEVELS_WITHOUT_CLIENT)) {
      if (client === null && (next.pid === 1 || isReaper(next))) break
      above.push(next)
      if (next === client) return above
      next = scene.parentOf(next)
    }
  }
  // the root or its client is gone: those above that live on may still hold what they handed down
  for (const before of previous?.ancestors ?? []) {
    const now = scene.table.processes.get(before.pid)
    if (now?.startTicks === before.startTicks && !above.includes(now)) above.push(now)
  }
  // what it was started with came from its client, even if that is above it no more
  const client = clientNow(scene, draft, roles)?.process
  if (client !== undefined && !above.includes(client)) above.push(client)
  return above
}
