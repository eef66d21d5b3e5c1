/** Whether a process runs the script, program or task that an entry names. */
import { type Interpreter, interpreterOf } from '../../shared/argv/interpreter.ts'
import type { Core, Invocation } from '../../shared/argv/invocation.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { claimCanFit, isRunnerOfSize } from './argument-size.ts'
import { type Facet, imageOf, wordsOf } from './facet.ts'
import type { CoreOf, Identity } from './identity.ts'
import {
  isInstalled,
  isPrivate,
  isWithin,
  packageInPath,
  programName,
  resolvePath,
  wrapperPath,
} from './paths.ts'
import type { Matcher } from './pattern.ts'
import type { Signature } from './signature.ts'

export function asScript(
  signature: Signature,
  core: CoreOf<'script'>,
  running: Core,
  { process, launcher, invocation }: Facet,
  matcher: Matcher,
): Identity | null {
  if (running.kind !== 'script') return null
  if (!interchangeable(core.interpreter, running.interpreter)) return null
  const { args } = running
  // an editor's debugger runs another script than its own
  const isDebugged = process.script !== null && basename(process.script.path) === 'debugpy'
  const script = launcher || isDebugged ? null : process.script
  if (script !== null && signature.paths.size > 0) {
    // both sides are known: another file is another program, whatever the titles say
    if (hasPath(signature, script.realPath) || hasPath(signature, script.path))
      return { how: 'script', strong: true, args }
    if (signature.script || signature.server.launch?.cwd || signature.invocation.directory !== null)
      return null
  }
  const absolute = resolvePath(invocation?.directory ?? null, running.script)
  if (absolute !== null && hasPath(signature, absolute))
    return { how: 'script', strong: !isDebugged, args }
  const isKnown =
    isWhole(core.script) || (launcher && isPathBehind(signature, core.script, invocation))
  if (matcher.word(core.script, running.script))
    return {
      how: launcher ? 'command' : 'script',
      strong: isKnown && !isDebugged,
      args,
    }
  // the entry leaves open where it is
  return core.script.includes(HOLE) && absolute !== null && isTail(core.script, absolute, matcher)
    ? { how: 'command', strong: false, args }
    : null
}

/** Whether a path ends in what the entry names, whatever its placeholders stand for. */
function isTail(configured: string, path: string, matcher: Matcher): boolean {
  const parts = configured.split('/').filter((part) => part !== '.' && part !== '')
  const tail = path.split('/').slice(-parts.length)
  return tail.length === parts.length && parts.every((part, i) => matcher.word(part, tail[i] ?? ''))
}

/** A title claims it: npm was told to run what runs the script (`npx tsx x.ts`). */
export function asClaimedScript(
  signature: Signature,
  core: CoreOf<'script'>,
  running: CoreOf<'script'>,
  { process }: Facet,
  matcher: Matcher,
): Identity | null {
  if (!matcher.word(core.script, running.script) || !claimCanFit(signature, process)) return null
  return { how: 'command', strong: core.script.includes('/'), args: running.args }
}

/** Says by itself where the script is. */
function isWhole(script: string): boolean {
  return script.startsWith('/') || script.includes('://')
}

export function asTask(
  signature: Signature,
  core: CoreOf<'task'>,
  running: Core,
  { process, untrusted }: Facet,
  matcher: Matcher,
): Identity | null {
  if (running.kind !== 'task' || running.manager !== core.manager) return null
  if (!matcher.word(core.task, running.task)) return null
  // every project has a `start`: its folder tells whose it is, which npm's title leaves out
  const { cwd } = process
  const { folder, invocation } = signature
  if (invocation.directory !== null) {
    const strong = !untrusted || isRunnerOfSize(signature, process)
    return claimCanFit(signature, process) ? { how: 'command', strong, args: running.args } : null
  }
  if (folder === null || (cwd !== null && !isWithin(folder, cwd))) return null
  return { how: 'command', strong: cwd !== null, args: running.args }
}

export function asBinary(
  signature: Signature,
  core: CoreOf<'binary'>,
  running: Core,
  facet: Facet,
  matcher: Matcher,
): Identity | null {
  const { process } = facet
  const { args } = running
  if (running.kind === 'script') {
    const script = facet.launcher ? null : process.script
    const path = script?.path ?? resolvePath(null, running.script)
    if (path !== null && (hasPath(signature, path) || hasPath(signature, script?.realPath ?? '')))
      return { how: 'script', strong: true, args }
    if (!isBare(core.path)) return null
    // only what runs projects puts their own programs in PATH
    if (isPrivate(path ?? '') && !signature.invocation.inProject) return null
    if (core.path === programName(running.script))
      return {
        how: 'command',
        strong: isInstalled(path ?? '') || isProjectScript(signature, running),
        args,
      }
    // a shell script of a package manager's making executes the package's own (pnpm, Nix)
    const made = script?.package?.name === core.path && packageInPath(script.path) === core.path
    return made && !isInstalled(script.path) ? { how: 'command', strong: true, args } : null
  }
  if (running.kind !== 'binary') return null
  const image = process.executable === null ? null : imageOf(process.executable)
  if (image !== null && hasPath(signature, image) && !facet.launcher)
    return { how: 'binary', strong: true, args }
  // argv[0] is whatever the caller wrote (execve(2)): of an interpreter it proves nothing
  if (hasPath(signature, running.path))
    return {
      how: 'command',
      strong: image === null || interpreterOf(basename(image)) === null,
      args,
    }
  if (!signature.named) return null
  if (!matcher.word(core.path, running.path) && !isSameName(core.path, running.path)) return null
  // behind a launcher nothing but the words tells: they count where the entry has a launcher too
  if (facet.launcher)
    return { how: 'command', strong: isSameLauncher(signature, facet.invocation), args }
  return runsItself(process, running.path) ? { how: 'binary', strong: true, args } : null
}

/** `poetry run NAME` makes Python run a line of its own, in which the name stands. */
function isProjectScript({ invocation }: Signature, { script }: CoreOf<'script'>): boolean {
  return invocation.wrappers.length > 0 && !script.includes('/')
}

export function hasPath({ paths }: Signature, path: string): boolean {
  return paths.has(path) || paths.has(wrapperPath(path))
}

/** A path with folders, behind the very launcher that is configured. */
function isPathBehind(signature: Signature, script: string, running: Invocation | null): boolean {
  return script.includes('/') && isSameLauncher(signature, running)
}

/** The same wrappers, but for what the client puts in front, around the same folder. */
function isSameLauncher({ invocation }: Signature, running: Invocation | null): boolean {
  if (running === null || running.directory !== invocation.directory) return false
  const [helper] = running.wrappers
  const wrappers = helper === 'helper' ? running.wrappers.slice(1) : running.wrappers
  return wrappers.join() === invocation.wrappers.join()
}

function isBare(path: string): boolean {
  return !path.includes('/')
}

/** A bare command name is found through PATH, so any path that ends in it will do; a path must agree. */
function isSameName(configured: string, running: string): boolean {
  return isBare(configured) && configured === programName(running)
}

/** Whether the image agrees with argv[0] in name: a compiled program, or a shell script run by its shell. */
export function runsItself(process: Process, path: string): boolean {
  const { executable } = process
  if (executable === null) return true
  const name = programName(imageOf(executable))
  if (name === programName(path)) return true
  return /^(ba|da|z|k)?sh$/.test(name) && wordsOf(process).length > 1
}

/** bun and deno run node's scripts, and `bunx --bun` calls itself node. */
function interchangeable(one: Interpreter, other: Interpreter): boolean {
  return one === other || (one !== 'python' && other !== 'python')
}
