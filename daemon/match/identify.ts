/** Naming the drafts: plain ones first, then those whose title and argument size disagree, then what is left over. */

import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { executableFits, isRunnerOfSize, sizeEvidence } from './argument-size.ts'
import { bestCandidates, type Candidate, isInProject } from './choose.ts'
import { addDraft, type Draft, type Forest } from './drafts.ts'
import { isPassingNpm } from './passing-npm.ts'
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
    if (draft.root === null || keepsName(scene, draft, executed)) naming.set(draft, [])
    else if (isContested(scene, draft.root)) contested.push(draft)
    else naming.set(draft, choose(scene, draft.root, wordCandidates(scene, draft, draft.root)))
  }
  for (const draft of contested) {
    const { root } = draft
    if (root !== null) naming.set(draft, settleContest(scene, naming, draft, root))
  }
  nameByExclusion(scene, forest, naming)
  return naming
}

/**
 * A root that was the server keeps its name through exec, or it could become another's look-alike in place. So does one
 * named by size or exclusion: that evidence was weighed at first sight, before the process could arrange more.
 * (Several names that a size fits may still become fewer.)
 */
function keepsName(scene: Scene, draft: Draft, executed: ReadonlySet<InstanceId>): boolean {
  const { previous } = draft
  if (previous === null) return false
  const configured = new Set(scene.index.all.map(({ server }) => server.id))
  if (!previous.serverIds.every((id) => configured.has(id))) return false
  return (isThin(draft) && previous.serverIds.length === 1) || hasExecuted(draft, executed)
}

/** Was named by something else than its words. */
function isThin({ previous }: Draft): boolean {
  return (previous?.reasons ?? []).some(
    (reason) => reason === 'argument-size' || reason === 'only-candidate-not-running',
  )
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

/** What the root's words show; arguments that its title lost are taken from the server below. */
function wordCandidates(scene: Scene, draft: Draft, root: Process): Candidate[] {
  return scene.matches(root).map((match) => {
    const { signature } = match
    const complete =
      match.args === 'all' ||
      (match.strong &&
        draft.members.some((member) =>
          scene.matches(member).some((m) => m.signature === signature && m.args === 'all'),
        ))
    return { ...match, args: complete ? 'all' : 'some', evidence: 'words' }
  })
}

function thinCandidate(signature: Signature, evidence: 'size' | 'exclusion'): Candidate {
  const { kind } = signature.invocation.core
  const how = kind === 'image' || kind === 'task' ? 'command' : kind
  return { signature, how, args: 'unknown', strong: true, sameShape: true, evidence }
}

/**
 * The argument area has the size of an entry's command line, and the words say something else. Where that entry already
 * runs, this is not it. Otherwise size wins: the process can write any title, but not that. Only a title whose own
 * command line has this very size too is a real package runner's. npm calls itself just "npm" before it says what it
 * runs: one of the right size is waited for, as a wrong name and role would stay.
 */
function settleContest(
  scene: Scene,
  naming: Naming,
  draft: Draft,
  root: Process,
): readonly Candidate[] {
  const before = isThin(draft) ? previousIds(draft) : null
  const claimed = before === null ? wordCandidates(scene, draft, root) : []
  const client = scene.clientOf(root)
  if (before === null && isRunnerToBe(scene, client, root)) return []
  const all = scene
    .sizeMatches(root)
    .filter(({ server }) => before === null || before.includes(server.id))
  const idle = all.filter(({ server }) => !runsUnder(scene, naming, client, server.id, 'for sure'))
  const fitting = idle.length > 0 || claimed.length > 0 ? idle : all
  const runners = claimed.filter(({ signature }) => isRunnerOfSize(signature, root))
  if (runners.length > 0) return choose(scene, root, runners)
  if (fitting.length === 0) return choose(scene, root, claimed)
  return choose(
    scene,
    root,
    fitting.map((signature) => thinCandidate(signature, 'size')),
  )
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

/** Whether a member below the root is the program of a package that the root's words claim to run. */
function provesClaim(scene: Scene, draft: Draft, claimed: readonly Candidate[]): boolean {
  const signatures = new Set(claimed.map(({ signature }) => signature))
  return draft.members.some(
    (member) =>
      member !== draft.root &&
      scene.matches(member).some(({ signature }) => signatures.has(signature)),
  )
}

/** `for sure`: copies that may as well be another server's do not count. */
function runsUnder(
  scene: Scene,
  naming: Naming,
  client: KnownClient | null,
  server: ServerId,
  how: 'for sure' | 'maybe' = 'maybe',
): boolean {
  for (const [draft, candidates] of naming) {
    if (draft.root === null || draft.members.length === 0) continue
    if (scene.clientOf(draft.root)?.process !== client?.process) continue
    const ids =
      candidates.length > 0 ? candidates.map((c) => c.signature.server.id) : previousIds(draft)
    if (ids.includes(server) && (how === 'maybe' || ids.length === 1)) return true
  }
  return false
}

function previousIds({ previous }: Draft): readonly ServerId[] {
  return previous?.serverIds ?? []
}

/**
 * Last resort: a client's own child on pipes whose title lies. When exactly one entry of that client is not running
 * and the executable is the one it would run, it is that. A title is taken to lie when no entry has it, or when the
 * entry it claims already runs with its program and this process shows none.
 */
function nameByExclusion(scene: Scene, forest: Forest, naming: Naming): void {
  for (const process of scene.table.processes.values()) {
    const parent = scene.parentOf(process)
    if (parent === null || !scene.facet(process).untrusted) continue
    const id = scene.clientId(parent)
    if (id === null || scene.clientId(process) !== null || !onPipes(process)) continue
    if (isPassingNpm(process, scene.table.at)) continue
    const owner = forest.owners.get(process) ?? null
    if (owner !== null && !isIdleDuplicate(scene, naming, owner, process)) continue
    if (owner === null && startsLauncher(scene, process)) continue
    const signature = onlyMissing(scene, naming, { id, process: parent }, process)
    if (signature === null) continue
    const draft = owner ?? addDraft(scene, forest, process)
    naming.set(draft, [thinCandidate(signature, 'exclusion')])
  }
}

function startsLauncher(scene: Scene, process: Process): boolean {
  return scene.childrenOf(process).some((child) => scene.facet(child).launcher)
}

function onPipes({ stdin, stdout }: Process): boolean {
  return [stdin, stdout].every((kind) => kind === 'pipe' || kind === 'socket')
}

/** A second claimant of an entry whose other claimant has proved its claim. */
function isIdleDuplicate(scene: Scene, naming: Naming, draft: Draft, process: Process): boolean {
  const claimed = naming.get(draft) ?? []
  if (draft.root !== process || claimed.length === 0 || draft.previous !== null) return false
  if (claimed.some(({ evidence }) => evidence !== 'words')) return false
  if (provesClaim(scene, draft, claimed)) return false
  const client = scene.nearestClient(process)?.process
  return [...naming].some(
    ([other, candidates]) =>
      other !== draft &&
      other.root !== null &&
      scene.nearestClient(other.root)?.process === client &&
      candidates.some(({ signature }) => claimed.some((c) => c.signature === signature)) &&
      provesClaim(scene, other, claimed),
  )
}

function onlyMissing(
  scene: Scene,
  naming: Naming,
  client: KnownClient,
  process: Process,
): Signature | null {
  const missing = scene.index.all.filter(
    ({ server, project }) =>
      server.client === client.id &&
      !server.disabled &&
      (project === null || isInProject(project, process.cwd, client.process.cwd)) &&
      !runsUnder(scene, naming, client, server.id),
  )
  const [only] = missing
  if (only === undefined || missing.length > 1) return null
  return executableFits(only, process) && sizeEvidence(only, process) !== 'contradicted'
    ? only
    : null
}
