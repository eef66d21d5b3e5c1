/** Whether a process shows the signature of a configured server, and how well. */

import type { Interpreter } from '../../shared/argv/interpreter.ts'
import { type Core, startsLauncher } from '../../shared/argv/invocation.ts'
import { normalisePythonName, type PackageSpec } from '../../shared/argv/package-spec.ts'
import type { Reason } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { claimCanFit } from './argument-size.ts'
import { type Facet, imageOf, wordsOf } from './facet.ts'
import { resolvePath } from './paths.ts'
import type { Agreement, Matcher } from './pattern.ts'
import type { Signature } from './signature.ts'

export type How = Extract<Reason, 'package' | 'script' | 'module' | 'binary' | 'command'>

export interface Match {
  readonly signature: Signature
  readonly how: How
  readonly args: Exclude<Agreement, 'none'>
  /** A base name alone is weak: it counts only below a client. */
  readonly strong: boolean
  /** The process is what the client was told to start: launcher for launcher, server for server. */
  readonly sameShape: boolean
}

interface Identity {
  readonly how: How
  readonly strong: boolean
  readonly args: readonly string[]
}

type CoreOf<Kind extends Core['kind']> = Extract<Core, { kind: Kind }>

export function matchSignature(signature: Signature, facet: Facet, matcher: Matcher): Match | null {
  const identity = identify(signature, facet, matcher)
  if (identity !== null) {
    const { args: expected, kind } = signature.invocation.core
    const args = matcher.compare(expected, identity.args, facet.form)
    // A bare command name without arguments says nothing about a process that runs with some.
    const vague = kind === 'binary' && expected.length === 0 && signature.paths.size === 0
    if (args === 'all' || (args === 'some' && !vague))
      return match(signature, facet, identity.how, args, identity.strong && !vague)
  }
  return isWholeCommand(signature, facet, matcher)
    ? match(signature, facet, 'command', 'all', signature.words.length > 1)
    : null
}

function match(
  signature: Signature,
  facet: Facet,
  how: How,
  args: Match['args'],
  strong: boolean,
): Match {
  const launcher = facet.invocation !== null && startsLauncher(facet.invocation)
  return { signature, how, args, strong, sameShape: launcher === signature.launcher }
}

export function identify(signature: Signature, facet: Facet, matcher: Matcher): Identity | null {
  const { core } = signature.invocation
  const running = facet.invocation?.core ?? null
  if (running === null) return null
  if (facet.untrusted)
    return core.kind === 'package' && running.kind === 'package'
      ? claimedPackage(signature, core, running, facet.process)
      : null
  switch (core.kind) {
    case 'package':
      return asPackage(signature, core, running, facet, matcher)
    case 'image':
      return running.kind === 'image' && sameSpec(core.image, running.image)
        ? { how: 'package', strong: true, args: running.args }
        : null
    case 'module':
      return running.kind === 'module' && matcher.word(core.module, running.module)
        ? { how: 'module', strong: true, args: running.args }
        : null
    case 'script':
      return asScript(signature, core, running, facet, matcher)
    case 'binary':
      return asBinary(signature, core, running, facet, matcher)
  }
}

function claimedPackage(
  signature: Signature,
  core: CoreOf<'package'>,
  running: CoreOf<'package'>,
  process: Process,
): Identity | null {
  const named = sameSpec(core.spec, running.spec) || running.spec.name === core.bin
  return named && core.ecosystem === running.ecosystem && claimCanFit(signature, process)
    ? { how: 'package', strong: true, args: running.args }
    : null
}

function asPackage(
  signature: Signature,
  core: CoreOf<'package'>,
  running: Core,
  facet: Facet,
  matcher: Matcher,
): Identity | null {
  const { args } = running
  if (running.kind === 'package') {
    const named =
      sameSpec(core.spec, running.spec) ||
      matcher.word(core.spec.name, running.spec.name) ||
      running.spec.name === core.bin
    return named && core.ecosystem === running.ecosystem
      ? { how: 'package', strong: true, args }
      : null
  }
  if (running.kind === 'script') {
    if (facet.launcher) return null
    // a script whose own package is another one is not this one, whatever its name
    const found = facet.process.script?.package
    if (found) return samePackage(core, found) ? { how: 'package', strong: true, args } : null
    const named = signature.programs.has(basename(running.script))
    return named ? { how: 'command', strong: false, args } : null
  }
  if (running.kind !== 'binary' || !signature.programs.has(basename(running.path))) return null
  return facet.launcher || runsItself(facet.process, running.path)
    ? { how: 'command', strong: false, args }
    : null
}

function asScript(
  signature: Signature,
  core: CoreOf<'script'>,
  running: Core,
  { process, launcher, invocation }: Facet,
  matcher: Matcher,
): Identity | null {
  if (running.kind !== 'script') return null
  if (!interchangeable(core.interpreter, running.interpreter)) return null
  const { args } = running
  const script = launcher ? null : process.script
  if (script !== null && signature.paths.size > 0) {
    // both sides are known: another file is another program, whatever the titles say
    if (hasPath(signature, script.realPath) || hasPath(signature, script.path))
      return { how: 'script', strong: true, args }
    if (signature.server.launch?.script) return null
  }
  const absolute = resolvePath(invocation?.directory ?? null, running.script)
  if (absolute !== null && hasPath(signature, absolute))
    return { how: 'script', strong: true, args }
  if (matcher.word(core.script, running.script))
    return { how: launcher ? 'command' : 'script', strong: core.script.startsWith('/'), args }
  if (core.script.startsWith('/') && absolute !== null) return null
  return matcher.word(basename(core.script), basename(running.script))
    ? { how: 'command', strong: false, args }
    : null
}

function asBinary(
  signature: Signature,
  core: CoreOf<'binary'>,
  running: Core,
  facet: Facet,
  matcher: Matcher,
): Identity | null {
  const { process } = facet
  if (running.kind === 'script') {
    const script = facet.launcher ? null : process.script
    const path = script?.path ?? resolvePath(null, running.script)
    if (path !== null && (hasPath(signature, path) || hasPath(signature, script?.realPath ?? '')))
      return { how: 'script', strong: true, args: running.args }
    return isBare(core.path) && core.path === basename(running.script)
      ? { how: 'command', strong: isInstalled(path ?? ''), args: running.args }
      : null
  }
  if (running.kind !== 'binary') return null
  const image = process.executable === null ? null : imageOf(process.executable)
  const { args } = running
  if (image !== null && hasPath(signature, image) && !facet.launcher)
    return { how: 'binary', strong: true, args }
  if (hasPath(signature, running.path)) return { how: 'command', strong: true, args }
  if (!matcher.word(core.path, running.path) && !isSameName(core.path, running.path)) return null
  if (facet.launcher) return { how: 'command', strong: false, args }
  return runsItself(process, running.path) ? { how: 'binary', strong: true, args } : null
}

/** The raw command lines agree word for word: covers shell text that cannot be read as one command. */
function isWholeCommand(signature: Signature, facet: Facet, matcher: Matcher): boolean {
  if (facet.untrusted || facet.invocation === null) return false
  const { words } = signature
  const running = wordsOf(facet.process)
  const command = words[0] ?? ''
  if (!matcher.word(command, running[0] ?? '') && basename(command) !== basename(running[0] ?? ''))
    return false
  if (facet.form === 'given' && words.length !== running.length) return false
  // a resolved script that differs is another program even where the words agree
  const script = signature.server.launch?.script
  if (script && facet.process.script && !hasPath(signature, facet.process.script.realPath))
    return false
  return matcher.compare(words.slice(1), running.slice(1), facet.form) === 'all'
}

function hasPath(signature: Signature, path: string): boolean {
  return signature.paths.has(path)
}

function isBare(path: string): boolean {
  return !path.includes('/')
}

/** In a folder that PATH is made of, so that a bare command name leads there. */
function isInstalled(path: string): boolean {
  return /\/(\.?bin|shims)\/[^/]+$/.test(path)
}

/** A bare command name is found through PATH, so any path that ends in it will do; a path must agree. */
function isSameName(configured: string, running: string): boolean {
  return isBare(configured) && configured === basename(running)
}

/** Whether the image agrees with argv[0] in name: a compiled program, or a shell script run by its shell. */
function runsItself({ executable, argv }: Process, path: string): boolean {
  if (executable === null) return true
  const name = basename(imageOf(executable))
  return name === basename(path) || (argv.length > 1 && /^(ba|da|z|k)?sh$/.test(name))
}

/** bun and deno run node's scripts, and `bunx --bun` calls itself node. */
function interchangeable(one: Interpreter, other: Interpreter): boolean {
  return one === other || (one !== 'python' && other !== 'python')
}

function samePackage(
  core: CoreOf<'package'>,
  found: { readonly ecosystem: string; readonly name: string },
): boolean {
  if (core.ecosystem !== found.ecosystem) return false
  if (core.ecosystem === 'npm') return core.spec.name === found.name
  return normalisePythonName(core.spec.name) === normalisePythonName(found.name)
}

function sameSpec(one: PackageSpec, other: PackageSpec): boolean {
  if (one.name !== other.name) return false
  return one.version === null || other.version === null || one.version === other.version
}
