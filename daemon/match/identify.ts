/** Naming the drafts: plain ones first, then those whose title and argument size disagree. */

import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { isExact, isRunnerOfSize } from './argument-size.ts'
import { bestCandidates, type Candidate } from './choose.ts'
import type { Draft, Forest } from './drafts.ts'
import type { KnownClient, Scene } from './scene.ts'
import type { Signature } from './signature.ts'

/** Candidates an instance was named by; empty keeps the name it had. */
export type Naming = Map<Draft, readonly Candidate[]>

/** Names every draft that can be named; a draft without previous name and without candidates is no instance. */
export function nameDrafts(
  scene: Scene,
  forest: Forest,
  executed: ReadonlySet<InstanceId>,
): Naming {
  const naming: Naming = new Map()
  const contested: Draft[] = []
  for (const draft of forest.drafts.values()) {
    if (draft.root === null || isContained(forest, draft.root)) naming.set(draft, [])
    else if (keepsName(scene, draft, executed)) naming.set(draft, [])
    else if (isContested(scene, draft.root)) contested.push(draft)
    else naming.set(draft, choose(scene, draft.root, wordCandidates(scene, draft, draft.root)))
  }
  for (const draft of contested) {
    const { root } = draft
    if (root !== null) naming.set(draft, settleContest(scene, naming, draft, root))
  }
  for (const draft of naming.keys()) if (isEmptyClaim(scene, naming, draft)) naming.set(draft, [])
  return naming
}

/**
 * A root that was the server keeps its name through exec, or it could become another's look-alike in place. So does one
 * named by size: that evidence was weighed at first sight, before the process could arrange more. (Several names that a
 * size fits may still become fewer.)
 */
function keepsName(scene: Scene, draft: Draft, executed: ReadonlySet<InstanceId>): boolean {
  const { previous } = draft
  if (previous === null) return false
  const configured = new Set(scene.index.all.map(({ server }) => server.id))
  if (!previous.serverIds.every((id) => configured.has(id))) return false
  return (isBySize(draft) && previous.serverIds.length === 1) || hasExecuted(draft, executed)
}

/** It may show whatever it likes: what names it is its container. */
function isContained({ rootClaims }: Forest, root: Process): boolean {
  return rootClaims.get(root)?.isContained === true
}

function isBySize({ previous }: Draft): boolean {
  return previous?.reasons.includes('argument-size') === true
}

/** Whether the root was the server and is another program now; once so, always so (`executed`). */
export function hasExecuted(
  { id, root, previous }: Draft,
  executed: ReadonlySet<InstanceId>,
): boolean {
  if (root === null || previous === null) return false
  if (executed.has(id)) return true
  const before = previous.members.find(({ process }) => process.key === previous.root)
  return previous.root !== root.key && before?.role === 'server'
}

function isContested(scene: Scene, root: Process): boolean {
  return scene.sizeMatches(root).length > 0
}

function choose(
  scene: Scene,
  root: Process,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const client = scene.clientOf(root)
  return bestCandidates(candidates, root, client, client?.process.cwd ?? null)
}

/**
 * What the root's words show; arguments that its title lost are taken from the server below. A title has also lost where
 * words end, so that a placeholder may seem to stand for several arguments: the server below tells that it does not.
 */
function wordCandidates(scene: Scene, draft: Draft, root: Process): Candidate[] {
  return scene.matches(root).map((match) => {
    const { signature, strong } = match
    const below = draft.members
      .filter((member) => member !== root && scene.facet(member).form !== 'shortened')
      .flatMap((member) => scene.shown(member).filter((m) => m.signature === signature))
    const proved = below.some(({ args }) => args === 'all')
    const isDenied = below.length > 0 && !proved && isOpenTitle(signature, root)
    const complete = (match.args === 'all' && !isDenied) || (strong && proved)
    return { ...match, args: complete ? 'all' : 'some', evidence: 'words', proved }
  })
}

function isOpenTitle(signature: Signature, { argvForm }: Process): boolean {
  return argvForm === 'rewritten' && !isExact(signature)
}

function sizeCandidate(signature: Signature): Candidate {
  const { kind } = signature.invocation.core
  const how = kind === 'image' || kind === 'task' ? 'command' : kind
  return {
    signature,
    how,
    args: 'unknown',
    strong: true,
    sameShape: true,
    sameOptions: true,
    evidence: 'size',
    proved: false,
  }
}

/**
 * The argument area has the size of an entry's command line, and the words say something else. Where that entry already
 * runs, this is not it. Otherwise size wins: the process can write any title, but not that. Entries whose size is not
 * known are named beside it. Only a title whose own command line has this very size too is a real package runner's. npm
 * calls itself just "npm" before it says what it runs: one of the right size is waited for, as a wrong name and role
 * would stay.
 */
function settleContest(
  scene: Scene,
  naming: Naming,
  draft: Draft,
  root: Process,
): readonly Candidate[] {
  const before = isBySize(draft) ? previousIds(draft) : null
  const claimed = before === null ? wordCandidates(scene, draft, root) : []
  const client = scene.clientOf(root)
  if (before === null && isRunnerToBe(scene, client, root)) return []
  const isMeant = ({ server }: Signature): boolean => before === null || before.includes(server.id)
  const isIdle = ({ server }: Signature): boolean => !runsUnder(scene, naming, client, server.id)
  const all = scene.sizeMatches(root).filter(isMeant)
  const idle = all.filter(isIdle)
  const fitting = idle.length > 0 || claimed.length > 0 ? idle : all
  const shown = scene.facet(root).invocation?.core.args
  const runners = claimed.filter(({ signature }) => isRunnerOfSize(signature, root, shown))
  if (runners.length > 0) return choose(scene, root, runners)
  if (fitting.length === 0) return choose(scene, root, claimed)
  const open = client === null ? [] : scene.sizeDoubts(root).filter(isMeant).filter(isIdle)
  return choose(scene, root, [...fitting, ...open].map(sizeCandidate))
}

function isRunnerToBe(scene: Scene, client: KnownClient | null, root: Process): boolean {
  if (root.argvForm !== 'rewritten' || root.argv.join() !== 'npm') return false
  return scene.index.all.some(
    (signature) =>
      signature.invocation.npm !== null &&
      (client === null || signature.server.client === client.id) &&
      isRunnerOfSize(signature, root),
  )
}

/**
 * A title that claims a package whose program does not run below it, while another copy under the same client, or under
 * any where it has none itself, has it running. It may be a second copy that still installs, and gets its name when its
 * program has started.
 */
function isEmptyClaim(scene: Scene, naming: Naming, draft: Draft): boolean {
  const { root, previous } = draft
  const claimed = naming.get(draft) ?? []
  if (root === null || previous !== null || !scene.facet(root).untrusted) return false
  if (claimed.some(({ evidence }) => evidence !== 'words')) return false
  if (claimed.length === 0 || provesClaim(scene, draft, claimed)) return false
  const client = scene.clientOf(root)?.process
  return [...naming].some(
    ([other, candidates]) =>
      other !== draft &&
      other.root !== null &&
      (client === undefined || scene.clientOf(other.root)?.process === client) &&
      candidates.some(({ signature }) => claimed.some((c) => c.signature === signature)) &&
      provesClaim(scene, other, claimed),
  )
}

/** Whether a member below the root is the program of a package that the root's words claim to run. */
function provesClaim(scene: Scene, draft: Draft, claimed: readonly Candidate[]): boolean {
  const signatures = new Set(claimed.map(({ signature }) => signature))
  return draft.members.some(
    (member) =>
      member !== draft.root &&
      scene.matches(member).some(({ signature }) => signatures.has(signature)),
  )
}

/** Copies that may as well be another server's do not count. */
function runsUnder(
  scene: Scene,
  naming: Naming,
  client: KnownClient | null,
  server: ServerId,
): boolean {
  for (const [draft, candidates] of naming) {
    if (draft.root === null || draft.members.length === 0) continue
    if (scene.clientOf(draft.root)?.process !== client?.process) continue
    const ids =
      candidates.length > 0 ? candidates.map((c) => c.signature.server.id) : previousIds(draft)
    if (ids.length === 1 && ids.includes(server)) return true
  }
  return false
}

function previousIds({ previous }: Draft): readonly ServerId[] {
  return previous?.serverIds ?? []
}
