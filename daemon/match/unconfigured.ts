/**
 * MCP servers that a client runs and no configuration declares, by what a child of the client shows of itself: a package,
 * image or program that is known, or that is named as servers are. Pure.
 */

import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { toPackageRef } from '../../shared/argv/package-spec.ts'
import { findInCatalogue } from '../../shared/catalogue/find-known-server.ts'
import { isServerName, isServerPackage } from '../../shared/catalogue/protocol-names.ts'
import type { Instance, MatchState, Reason, Unconfigured } from '../../shared/model/attribution.ts'
import { instanceId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { PackageRef } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import type { RootClaim } from './claims.ts'
import { imageOf, isShell, keysOfFacet } from './facet.ts'
import { isOfOtherFile } from './other-file.ts'
import { isInstalled, programName } from './paths.ts'
import type { Scene } from './scene.ts'
import type { Signature } from './signature.ts'
import { unconfiguredId } from './unconfigured-server.ts'

export interface UnconfiguredInput {
  readonly previous: MatchState
  /** See `MatchInput`. */
  readonly ownUid?: number
  /** See `MatchInput`. */
  readonly unread?: ReadonlySet<string>
}

/**
 * Only what a client itself started on two pipes: the other programs that a client runs are below shells, or talk to a
 * terminal or a file. What is an instance already keeps the name it has; and what shares its package, program or script
 * with an entry may be that entry's, with arguments that cannot be compared.
 */
export function claimUnconfigured(scene: Scene, input: UnconfiguredInput): readonly RootClaim[] {
  const { previous, ownUid = 0, unread } = input
  const isHidden = clientsWithHidden(scene)
  const roots = new Map([...previous.instances.values()].map((it) => [it.rootPid, it]))
  const claims: RootClaim[] = []
  for (const process of scene.table.processes.values()) {
    if (!isOnPipes(process) || (ownUid !== 0 && process.uid !== ownUid)) continue
    const parent = scene.parentOf(process)
    const client = parent === null ? null : scene.clientId(parent)
    if (parent === null || client === null || !scene.isSolidClient(parent)) continue
    if (scene.clientId(process) !== null || isRootOf(roots.get(process.pid), process)) continue
    const shown = shownBy(scene, process)
    if (shown === null || unread?.has(client) === true) continue
    if (mayBeConfigured(scene, process) || isHidden(client)) continue
    const { name, reason } = shown
    claims.push({
      process,
      serverIds: [unconfiguredId(client, name)],
      quality: 'unconfigured',
      reasons: [reason],
      orphaned: false,
      unconfigured: { client, name, package: shown.package },
    })
  }
  return claims
}

/**
 * Whether an enabled entry of the client may run as something that it does not say: a program of its own, or a task, can
 * have executed anything before it was first seen, and what a placeholder stands for is not known. Not where it is seen
 * running as itself. Asked of a client when it matters.
 */
function clientsWithHidden(scene: Scene): (client: string) => boolean {
  const { index, table } = scene
  const known = new Map<string, boolean>()
  return (client) => {
    const before = known.get(client)
    if (before !== undefined) return before
    const unnamed = new Set(index.find([]))
    const opaque = new Set(
      index.all.filter(
        (signature) =>
          signature.server.client === client &&
          !signature.server.disabled &&
          (unnamed.has(signature) || mayBecomeAnything(signature)),
      ),
    )
    for (const process of opaque.size === 0 ? [] : table.processes.values())
      for (const { signature } of scene.shown(process)) opaque.delete(signature)
    known.set(client, opaque.size > 0)
    return opaque.size > 0
  }
}

function mayBecomeAnything({ invocation: { core } }: Signature): boolean {
  return core.kind === 'task' || (core.kind === 'binary' && !isServerName(basename(core.path)))
}

/** The number may have been given again. */
function isRootOf(instance: Instance | undefined, { bootId, pid, startTicks }: Process): boolean {
  return instance !== undefined && instance.id === instanceId(bootId, pid, startTicks)
}

function isOnPipes({ stdin, stdout }: Process): boolean {
  return [stdin, stdout].every((kind) => kind === 'pipe' || kind === 'socket')
}

function mayBeConfigured(scene: Scene, process: Process): boolean {
  if (scene.shown(process).length > 0 || scene.sizeMatches(process).length > 0) return true
  const { index } = scene
  // entries with a placeholder in their name come along with every key
  const unfiled = new Set(index.find([]))
  return index
    .find(namingKeys(scene, process))
    .some((signature) => !unfiled.has(signature) && !isOfOtherFile(signature, process))
}

/** Without the interpreter or the shell: another program of it is another program. */
function namingKeys(scene: Scene, process: Process): readonly string[] {
  const facet = scene.facet(process)
  const generic = new Set<string>()
  for (const path of [process.executable, facet.process.argv[0] ?? null]) {
    if (path === null) continue
    const image = imageOf(path)
    if (interpreterOf(image) === null && !facet.launcher && !isShell(process)) continue
    for (const key of [image, `program ${programName(image)}`, `program ${basename(image)}`])
      generic.add(key)
  }
  return keysOfFacet(facet).filter((key) => !generic.has(key))
}

interface Shown {
  readonly name: string
  readonly package: PackageRef | null
  readonly reason: Extract<Reason, 'known-package' | 'protocol-name'>
}

/** What the file on disk tells comes before words; words that the process wrote over its own tell nothing. */
function shownBy(scene: Scene, process: Process): Shown | null {
  const { invocation, untrusted, launcher } = scene.facet(process)
  if (untrusted) return launcher ? belowTitle(scene, process) : byScript(process)
  if (isOnlyAsked(scene, process)) return null
  if (!launcher && process.script?.package) return byScript(process)
  if (invocation === null) return null
  const { core } = invocation
  switch (core.kind) {
    case 'package':
      return byPackage(toPackageRef(core.ecosystem, core.spec)) ?? byName(core.bin)
    case 'image':
      return byPackage(toPackageRef('image', core.image))
    case 'module':
      return byName(core.module.split('.')[0] ?? null)
    case 'script':
      return byName(withoutEnding(core.script))
    case 'binary':
      return byProgram(process, core.path)
    case 'task':
      return null
  }
}

/** The package that the running script belongs to, or the command that the package installs. */
function byScript({ script }: Process): Shown | null {
  if (script === null) return null
  const name = withoutEnding(script.path)
  if (script.package === null) return byName(name)
  return byPackage(script.package) ?? (isInstalled(script.path) ? byName(name) : null)
}

/** npm's title is its own to write: what it started on the same pipes has to bear it out. */
const MOST_BELOW = 64

function belowTitle(scene: Scene, runner: Process): Shown | null {
  const below = [...scene.childrenOf(runner)]
  for (let seen = 0; below.length > 0 && seen < MOST_BELOW; seen += 1) {
    const process = below.shift()
    if (process === undefined || !isOnPipes(process)) continue
    const shown = process.stdinInode === runner.stdinInode ? byScript(process) : null
    if (shown !== null) return shown
    below.push(...scene.childrenOf(process))
  }
  return null
}

function byPackage(found: PackageRef | null): Shown | null {
  if (found === null) return null
  const { ecosystem, name } = found
  if (findInCatalogue(found, null) !== null)
    return { name, package: found, reason: 'known-package' }
  return isServerPackage(ecosystem, name) ? { name, package: found, reason: 'protocol-name' } : null
}

/** Of an interpreter the name says nothing, and a shell text that cannot be read as one command is no program. */
function byProgram(process: Process, path: string): Shown | null {
  const name = programName(imageOf(process.executable ?? path))
  if (interpreterOf(name) !== null || isShell(process)) return null
  if (findInCatalogue(null, name) !== null) return { name, package: null, reason: 'known-package' }
  return byName(name)
}

function byName(name: string | null): Shown | null {
  return name !== null && isServerName(name)
    ? { name, package: null, reason: 'protocol-name' }
    : null
}

function withoutEnding(path: string): string {
  return programName(path).replace(/\.(?:[cm]?[jt]s|py|pyz|sh)$/, '')
}

/** `node --check FILE`, `NAME --help`: it will not serve. */
function isOnlyAsked(scene: Scene, process: Process): boolean {
  const { invocation } = scene.facet(process)
  if (invocation === null) return false
  const { core, argv } = invocation
  const before = argv.slice(1, argv.length - core.args.length)
  return (
    core.args.some((word) => /^(--help|-h|--version|-V)$/.test(word)) ||
    before.some((word) => /^(--check|-c|--test|--syntax-only)$/.test(word))
  )
}

/** Whether a process below the launcher of such an instance is what it launched. */
export function servesUnconfigured(
  scene: Scene,
  { name, package: found }: Unconfigured,
): (process: Process) => boolean {
  const program = basename(name)
  return (process) => {
    if (scene.facet(process).launcher || isShell(process) || !isOnPipes(process)) return false
    const own = process.script?.package ?? null
    if (own !== null && found !== null && own.ecosystem === found.ecosystem)
      return own.name === found.name
    const running = process.script?.path ?? imageOf(process.executable ?? '')
    return withoutEnding(running) === program
  }
}
