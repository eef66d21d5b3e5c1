/** Which part each process of an instance plays, by what was configured, by executable and by position. */
import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { type Invocation, isLauncher } from '../../shared/argv/invocation.ts'
import type { Role } from '../../shared/model/attribution.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { processesAbove } from './above.ts'
import type { JoinClaim } from './claims.ts'
import { type Draft, lifeOf } from './drafts.ts'
import { imageOf, isShell, isVersionShim } from './facet.ts'
import type { Scene } from './scene.ts'
import type { Signature } from './signature.ts'

export interface RoleInput {
  readonly scene: Scene
  readonly draft: Draft
  /** Entries the instance may be. */
  readonly signatures: readonly Signature[]
  /** The root is the server although its title claims to be a launcher. */
  readonly rootIsServer: boolean
  readonly remembered: ReadonlyMap<ProcessKey, Role>
  /** What runs in containers that launchers in it have made, elsewhere in the process tree. */
  readonly joining: ReadonlyMap<Process, JoinClaim>
  /** First processes of containers: nothing in one is a launcher. */
  readonly containers: ReadonlyMap<Process, unknown>
  /** For an instance that no entry declares: whether a process below its launcher is what that launched. */
  readonly serves?: (process: Process) => boolean
}

/** Roles of all members, parents first. What a process was once, it keeps being: see `settle`. */
export function assignRoles(input: RoleInput): ReadonlyMap<Process, Role> {
  const { scene, draft } = input
  const roles = new Map<Process, Role>()
  const before = rolesByLife(draft)
  const starters = shellsAboveServers(input)
  const inside = new Set<Process>()
  for (const process of draft.members) {
    const parent = scene.parentOf(process)
    const above = parent === null ? undefined : roles.get(parent)
    let role: Role | null = null
    if (input.containers.has(process) || (parent !== null && inside.has(parent)))
      inside.add(process)
    const joins = input.joining.get(process)
    if (joins?.role === 'server' || input.containers.has(process)) role = 'server'
    else if (parent !== null && above === 'server' && inside.has(parent))
      role = startsOnly(scene, parent) ? 'server' : 'child'
    else if (joins !== undefined) role = joins.role
    else if (process === draft.root) role = rootRole(input, process)
    else if (parent !== null && above !== undefined)
      role = above === 'launcher' ? belowLauncher(input, process, parent, starters) : lower(above)
    const known = input.remembered.get(process.key)
    const lifelong = known ?? before.get(lifeOf(process)) ?? null
    // whatever it was taken for before its container was known
    const isFirst = joins?.role === 'server' && joins.reasons.length > 0
    roles.set(process, isFirst ? 'server' : settle(role, lifelong, known !== undefined))
  }
  return roles
}

/** A container often begins with a shell or a small init, and what that starts is the server. */
function startsOnly(scene: Scene, process: Process): boolean {
  const name = basename(process.argv[0] ?? '')
  return (
    scene.facet(process).launcher ||
    isShell(process) ||
    /^((ba|da|a)?sh|tini|dumb-init|docker-init|podman-init|catatonit)$/.test(name)
  )
}

function lower(above: Exclude<Role, 'launcher'>): Role {
  return above === 'install' ? 'install' : 'child'
}

function rolesByLife(draft: Draft): ReadonlyMap<string, Role> {
  return new Map(draft.previous?.members.map(({ process, role }) => [lifeOf(process), role]))
}

/**
 * A server or child never becomes a launcher, not even by executing one: only what is above the server in its chain
 * can be a launcher. Launchers may become the server (`sh -c 'exec …'`), and what was taken for an install script
 * may prove to be on the way to the server. A process whose parent is gone keeps its role; unknown, it is a child.
 */
function settle(role: Role | null, before: Role | null, sameProgram: boolean): Role {
  if (before === null) return role ?? 'child'
  if (before === 'server' || before === 'child') return before
  if (role === null) return before === 'launcher' && !sameProgram ? 'server' : before
  if (before === 'launcher') return role === 'server' || !sameProgram ? role : before
  return role === 'child' ? 'install' : role
}

function rootRole({ scene, rootIsServer }: RoleInput, root: Process): Role {
  if (rootIsServer) return 'server'
  return scene.facet(root).launcher || waitsForServer(scene, root) ? 'launcher' : 'server'
}

/** A shell script that runs an interpreter on the very pipes it was given. What else it runs is its own doing. */
function waitsForServer(scene: Scene, root: Process): boolean {
  return isShell(root) && scene.childrenOf(root).some(isInterpreterOnPipes)
}

function isInterpreterOnPipes({ executable, stdin, stdout }: Process): boolean {
  const onPipes = [stdin, stdout].every((kind) => kind === 'pipe' || kind === 'socket')
  return onPipes && executable !== null && interpreterOf(imageOf(executable)) !== null
}

function belowLauncher(
  input: RoleInput,
  process: Process,
  parent: Process,
  starters: ReadonlySet<Process>,
): Role {
  return input.serves?.(process) === true ? 'server' : below(input, process, parent, starters)
}

/** The role of a launcher's child. */
function below(
  input: RoleInput,
  process: Process,
  parent: Process,
  starters: ReadonlySet<Process>,
): Role {
  const invocation = input.scene.facet(parent).invocation
  if (starters.has(process)) return 'launcher'
  if (parent === input.draft.root && !input.scene.facet(parent).launcher)
    return isInterpreterOnPipes(process) ? 'server' : 'child'
  if (runsTask(input))
    return input.scene.facet(process).launcher || isShell(process) ? 'launcher' : 'server'
  const [position] = invocation?.wrappers ?? []
  // what the command that runs a container starts on this side of it is no part of the server
  if (invocation?.core.kind === 'image' && position === undefined) return 'launcher'
  if (invocation === null || position === undefined) return belowRunner(input, process, parent)
  const launcherNext = innerIsLauncher(invocation)
  if (position !== 'among-children') return launcherNext ? 'launcher' : 'server'
  const facet = input.scene.facet(process)
  const known = shows(input, process) || facet.untrusted
  if (launcherNext) return facet.launcher && shows(input, process) ? 'launcher' : 'install'
  return known && !facet.launcher ? 'server' : 'install'
}

/** Whatever a task of the project starts is the server: what that is stands in the project's own files. */
function runsTask({ signatures }: RoleInput): boolean {
  return signatures.some(({ invocation }) => invocation.core.kind === 'task')
}

/** Whether what a wrapper starts is a launcher again. */
function innerIsLauncher({ wrappers: [, ...inner], core }: Invocation): boolean {
  return isLauncher({ wrappers: inner.filter((wrapper) => wrapper !== 'replaces'), core })
}

function shows({ scene, signatures }: RoleInput, process: Process): boolean {
  return scene.shown(process).some(({ signature }) => signatures.includes(signature))
}

/** A package runner has many children while it installs; one of them leads to the server. */
function belowRunner(input: RoleInput, process: Process, parent: Process): Role {
  const { scene, signatures } = input
  const runner = scene.facet(parent).invocation
  const facet = scene.facet(process)
  if (facet.launcher) {
    const core = facet.invocation?.core
    // a shim of that name in front of the runner itself
    if (core?.kind === 'package' && isShim(parent) && shows(input, process)) return 'launcher'
    const startsProgram =
      core?.kind === 'binary' &&
      signatures.some(({ programs }) => programs.has(basename(core.path))) &&
      shows(input, process)
    return startsProgram ? 'launcher' : 'install'
  }
  if (servesPackage(input, process)) return 'server'
  // a retitled server directly below a runner that starts nothing else beside it
  const core = runner?.core
  const alone = core?.kind === 'package' && core.manager !== 'npm'
  return alone && facet.untrusted ? 'server' : 'install'
}

/**
 * Whether it is the package's program, started as such. An install script of the same package is of the same package
 * too; npm starts programs, and only those, through node_modules/.bin.
 */
function servesPackage({ scene, signatures }: RoleInput, process: Process): boolean {
  const facet = scene.facet(process)
  if (facet.launcher) return false
  const core = facet.invocation?.core
  const path = process.script?.path ?? (core?.kind === 'script' ? core.script : '')
  return scene.shown(process).some(({ signature }) => {
    const configured = signature.invocation.core
    if (!signatures.includes(signature)) return false
    if (configured.kind !== 'package') return true
    return configured.manager !== 'npm' || path.includes('/node_modules/.bin/')
  })
}

/** Shells that stand between a launcher and its server, where the server has appeared. */
function shellsAboveServers(input: RoleInput): ReadonlySet<Process> {
  const { scene, draft } = input
  const found = new Set<Process>()
  const members = new Set(draft.members)
  for (const process of draft.members) {
    if (!servesPackage(input, process) && input.serves?.(process) !== true) continue
    for (const above of processesAbove(scene, process)) {
      if (above === draft.root || !members.has(above) || !isShell(above)) break
      found.add(above)
    }
  }
  return found
}

/** A program that stands for another one of its name: a shell script, or a version manager's. */
function isShim(process: Process): boolean {
  return isShell(process) || isVersionShim(process)
}
