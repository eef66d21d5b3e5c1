/** Whether a process shows the signature of a configured server, and how well. */
import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { startsLauncher } from '../../shared/argv/invocation.ts'
import { splitWords } from '../../shared/argv/words.ts'
import { basename } from '../../shared/text/basename.ts'
import { isRunnerOfSize } from './argument-size.ts'
import { type Facet, isTextTitle, wordsOf } from './facet.ts'
import type { How, Identity } from './identity.ts'
import { asClaimedPackage, asPackage, sameSpec } from './match-package.ts'
import { asBinary, asClaimedScript, asScript, asTask, hasPath } from './match-program.ts'
import { isInstalled, resolvePath } from './paths.ts'
import type { Agreement, Matcher } from './pattern.ts'
import type { Signature } from './signature.ts'

export type { How } from './identity.ts'

export interface Match {
  readonly signature: Signature
  readonly how: How
  readonly args: Exclude<Agreement, 'none'>
  /** A base name alone is weak: it counts only below a client. */
  readonly strong: boolean
  /** The process is what the client was told to start: launcher for launcher, server for server. */
  readonly sameShape: boolean
  /** Of a container: the engine was told the same of it, and no more. */
  readonly sameOptions: boolean
}

export function matchSignature(signature: Signature, facet: Facet, matcher: Matcher): Match | null {
  const identity = identify(signature, facet, matcher)
  if (identity !== null) {
    const { args: expected, kind } = signature.invocation.core
    const agreed = matcher.compare(expected, identity.args, facet.form)
    const options = optionsAgree(signature, facet, matcher)
    const args = options === 'none' ? lessThan(agreed) : agreed
    // A bare command name without arguments says nothing about a process that runs with some.
    const vague = kind === 'binary' && expected.length === 0 && signature.paths.size === 0
    if (args === 'all' || (args === 'some' && !vague))
      return match(
        signature,
        facet,
        identity.how,
        args,
        identity.strong && !(vague && isVague(signature, facet)),
        options === 'all',
      )
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
  sameOptions = true,
): Match {
  return { signature, how, args, strong, sameShape: isSameShape(signature, facet), sameOptions }
}

/** What an engine is told of the container tells entries of one image apart: what is mounted, how it is called. */
function optionsAgree({ invocation }: Signature, facet: Facet, matcher: Matcher): Agreement {
  const { core } = invocation
  const running = facet.invocation?.core
  if (core.kind !== 'image' || running?.kind !== 'image') return 'all'
  return matcher.compare(core.before, running.before, facet.form)
}

/** A container that was told neither the same options nor the same arguments is another one. */
function lessThan(agreed: Agreement): Agreement {
  return agreed === 'all' ? 'some' : 'none'
}

function isSameShape(signature: Signature, facet: Facet): boolean {
  const { launcher } = signature
  const { core } = signature.invocation
  if (facet.invocation === null) return !launcher
  const running = facet.invocation.core
  if (core.kind === 'package' && running.kind === 'package') return core.manager === running.manager
  const isStarting = startsLauncher(facet.invocation)
  if (isStarting && launcher) return isStartedAlike(signature, facet)
  if (isStarting === launcher) return true
  return facet.invocation.wrappers.length === 0 && isShellAlone(signature)
}

/** Whether the starter that runs is one that the entry names; the client's own helper stands for any. */
function isStartedAlike({ words, invocation }: Signature, { process, ...facet }: Facet): boolean {
  const [outermost] = facet.invocation?.wrappers ?? []
  if (outermost === 'helper' || invocation.wrappers.length === 0) return true
  // a shell may have executed what its text names
  const configured = new Set(words.flatMap(splitWords).map(basename))
  // a starter may be a script itself: `python3 /usr/bin/poetry run`
  return wordsOf(process)
    .slice(0, 2)
    .some((word) => !word.startsWith('-') && configured.has(basename(word)))
}

const SHELL = /^(?:ba|da|z|k)?sh$/

/** Shells execute the one command they are given in their own place, if they choose to. */
function isShellAlone({ words, invocation: { wrappers, core } }: Signature): boolean {
  if (core.kind === 'package' || core.kind === 'image' || core.kind === 'task') return false
  const staying = wrappers.filter((wrapper) => wrapper !== 'replaces')
  return staying.join() === 'only-child' && words.some((word) => SHELL.test(basename(word)))
}

export function identify(signature: Signature, facet: Facet, matcher: Matcher): Identity | null {
  const { core } = signature.invocation
  const running = facet.invocation?.core ?? null
  if (running === null || isElsewhere(signature, facet, matcher)) return null
  if (facet.untrusted) return asClaimed(signature, facet, matcher)
  switch (core.kind) {
    case 'package':
      return asPackage(signature, core, running, facet, matcher)
    case 'image':
      return running.kind === 'image' && sameSpec(core.image, running.image, matcher)
        ? { how: 'package', strong: true, args: running.args }
        : null
    case 'task':
      return asTask(signature, core, running, facet, matcher)
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

/** What npm says in its title, which is all that is left of its arguments. */
function asClaimed(signature: Signature, facet: Facet, matcher: Matcher): Identity | null {
  const { core, npm } = signature.invocation
  const running = facet.invocation?.core
  if (isTextTitle(facet.process) && npm !== null)
    return facet.process.argvBytes !== null && isRunnerOfSize(signature, facet.process)
      ? { how: 'command', strong: true, args: core.args }
      : null
  if (core.kind === 'package' && running?.kind === 'package')
    return asClaimedPackage(signature, core, running, facet, matcher)
  if (npm === null) return null
  if (core.kind === 'script' && running?.kind === 'script')
    return asClaimedScript(signature, core, running, facet, matcher)
  return core.kind === 'task' && running?.kind === 'task'
    ? asTask(signature, core, running, facet, matcher)
    : null
}

/** The folder that the entry runs in is known, and so is that of a launcher: it is another. */
function isElsewhere({ invocation }: Signature, facet: Facet, matcher: Matcher): boolean {
  const configured = invocation.directory
  const { process, launcher } = facet
  const running = facet.invocation?.directory ?? (launcher && !facet.untrusted ? process.cwd : null)
  if (configured === null || running === null || matcher.word(configured, running)) return false
  const [one, other] = [resolvePath(null, configured), resolvePath(null, running)]
  return one !== null && other !== null && one !== other
}

/** A bare name alone says little: of a program that PATH leads to, or behind the launcher configured, enough. */
function isVague({ invocation }: Signature, { process, launcher }: Facet): boolean {
  const name = invocation.argv[0] ?? ''
  if (interpreterOf(name) !== null || /^((ba|da|z|k|fi)?sh|npx|npm|uvx?|docker|java)$/.test(name))
    return true
  const path = process.script?.path ?? process.executable
  return !launcher && (path === null || !isInstalled(path))
}

/** The raw command lines agree word for word: covers shell text that cannot be read as one command. */
function isWholeCommand(signature: Signature, facet: Facet, matcher: Matcher): boolean {
  const { words, named } = signature
  if (!named || facet.untrusted || facet.invocation === null) return false
  const running = wordsOf(facet.process)
  const command = words[0] ?? ''
  // a path leads to one file only; a bare name to any that PATH has
  const first = running[0] ?? ''
  const isOther = command.includes('/') || basename(command) !== basename(first)
  if (!matcher.word(command, first) && isOther) return false
  if (facet.form === 'given' && words.length !== running.length) return false
  // a resolved script that differs is another program even where the words agree
  const script = signature.script
  if (script && facet.process.script && !hasPath(signature, facet.process.script.realPath))
    return false
  return matcher.compare(words.slice(1), running.slice(1), facet.form) === 'all'
}
