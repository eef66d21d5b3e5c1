/** What a running process shows of itself, and how much of it can be a lie. */
import { interpreterOf } from '../../shared/argv/interpreter.ts'
import { type Invocation, isLauncher, readInvocation } from '../../shared/argv/invocation.ts'
import { normalisePythonName } from '../../shared/argv/package-spec.ts'
import { splitWords } from '../../shared/argv/words.ts'
import type { Process } from '../../shared/model/process.ts'
import type { PackageRef } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { packageInPath, programName, wrapperPath } from './paths.ts'
import type { WordForm } from './pattern.ts'

/** What runners of npm's that were given a text are filed under. */
export const NPM_TEXT = 'npm exec'

export interface Facet {
  readonly process: Process
  /** Null when its words tell nothing, or contradict the executable: only the executable counts then. */
  readonly invocation: Invocation | null
  readonly launcher: boolean
  readonly form: WordForm
  /** The words are what the process wrote over its arguments, or contradict its executable. */
  readonly untrusted: boolean
}

export function readFacet(process: Process): Facet {
  const honest = process.argvForm !== 'rewritten' && agreesWithExecutable(process)
  const invocation = honest ? readInvocation(wordsOf(process)) : readTitle(process)
  return {
    process,
    invocation,
    launcher: invocation !== null && isLauncher(invocation),
    form: formOf(process, invocation),
    untrusted: !honest,
  }
}

function formOf(process: Process, invocation: Invocation | null): WordForm {
  if (process.argvForm === 'given') return 'given'
  return invocation?.npm ? 'shortened' : 'joined'
}

/** npm names itself after what it runs; no other title is worth reading. */
function readTitle(process: Process): Invocation | null {
  if (process.argvForm !== 'rewritten') return null
  if (process.executable !== null && interpreterOf(imageOf(process.executable)) !== 'node')
    return null
  const words = wordsOf(process)
  if (words[0] !== 'npm') return null
  if (isTextTitle(process)) return TEXT_RUNNER
  const invocation = readInvocation(words)
  return invocation?.npm ? invocation : null
}

/** `npx -c TEXT` says nothing of the text. */
export function isTextTitle({ argv, argvForm }: Process): boolean {
  return argvForm === 'rewritten' && argv.length === 1 && argv[0]?.trim() === 'npm exec'
}

const TEXT_RUNNER: Invocation = {
  wrappers: ['among-children'],
  core: { kind: 'binary', path: NPM_TEXT, args: [] },
  argv: ['npm', 'exec'],
  directory: null,
  npm: ['npm', 'exec'],
  inProject: true,
}

/** Words of the command line. A joined one lost its boundaries, but the executable's path may hold spaces. */
export function wordsOf(process: Process): readonly string[] {
  if (process.argvForm === 'given') return process.argv
  const text = process.argv.join(' ')
  const { executable } = process
  const start = executable !== null && text.startsWith(`${executable} `) ? executable.length : 0
  const first = start > 0 ? [text.slice(0, start)] : []
  const rest = text.slice(start)
  // so may the script's, which was found on disk
  const path = process.script?.path ?? ''
  const at = path.includes(' ') ? rest.indexOf(` ${path}`) : -1
  if (at < 0) return [...first, ...splitWords(rest)]
  const end = at + 1 + path.length
  return [...first, ...splitWords(rest.slice(0, at)), path, ...splitWords(rest.slice(end))]
}

/** proc(5): the link to an image that was replaced on disk ends so; servers get updated while they run. */
export function imageOf(executable: string): string {
  return executable.replace(/ \(deleted\)$/, '')
}

/** Interpreters by other names: pypy, a framework's `Python`, an Electron that runs as node. */
const INTERPRETER_LIKE = /node|python|pypy|bun|deno|electron/i

/**
 * Whether argv[0] and the executable can belong together: what calls itself a shell while node runs it lies, and so
 * does what calls itself node while something else runs it. Other names differ honestly (multi-call binaries).
 */
function agreesWithExecutable(process: Process): boolean {
  if (process.executable === null || process.argvForm !== 'given') return true
  const claimed = interpreterOf(basename(process.argv[0] ?? ''))
  const name = basename(imageOf(process.executable))
  const real = interpreterOf(name)
  if (claimed === null) {
    const tool = basename(process.argv[0] ?? '')
    if (COMPILED_TOOL.test(tool)) return isBorneOutBy(process, tool)
    return real === null || !isToolName(tool)
  }
  return real === claimed || INTERPRETER_LIKE.test(name) || isVersionShim(process)
}

/** One program each: what calls itself so is that, or what stands in for it. */
const COMPILED_TOOL = /^(uvx?|docker|podman|nerdctl)$/

function isBorneOutBy(process: Process, tool: string): boolean {
  const name = programName(imageOf(process.executable ?? ''))
  if (isShell(process) || isVersionShim(process)) return true
  return tool.startsWith('uv')
    ? /^(uvx?|snap)$/.test(name)
    : /docker|podman|nerdctl|^snap$/.test(name)
}

export function isShell({ executable }: Process): boolean {
  return (
    executable !== null && /^(ba|da|z|k|a|fi)?sh$|^busybox$/.test(basename(imageOf(executable)))
  )
}

/** A version manager's program under another one's name: it starts the real one below it, or executes it. */
export function isVersionShim({ executable }: Process): boolean {
  return (
    executable !== null && /\/(volta-shim|mise|rtx|asdf|proto-shim|fnm)$/.test(imageOf(executable))
  )
}

function isToolName(name: string): boolean {
  return /^(-?(ba|z|da|k|fi)?sh|env|docker|podman|nerdctl|uvx?|disclaimer|npx|npm|pnpm|pnpx)$/.test(
    name,
  )
}

/** How many words of a joined command line are looked at for the script's name. */
const JOINED_WORDS = 16

/** Keys to look its possible servers up by, see signature.ts. */
export function keysOfFacet({ process, invocation, untrusted }: Facet): string[] {
  const keys: string[] = []
  if (process.executable !== null) {
    const image = imageOf(process.executable)
    keys.push(image, `program ${programName(image)}`)
  }
  if (process.script !== null && !untrusted) {
    keys.push(process.script.realPath, process.script.path)
    keys.push(`program ${programName(process.script.path)}`)
    keys.push(wrapperPath(process.script.path))
    if (process.script.package !== null) keys.push(`package ${keyName(process.script.package)}`)
  }
  if (invocation === null) return keys
  // of an entry with a secret in its shell text nothing but the shell is known
  if (invocation.wrappers.length > 0) keys.push(`program ${basename(wordsOf(process)[0] ?? '')}`)
  // a path with spaces fell apart: any word may be the end of it
  if (process.argvForm === 'joined')
    for (const word of invocation.argv.slice(0, JOINED_WORDS))
      keys.push(`program ${basename(word)}`)
  const { core } = invocation
  switch (core.kind) {
    case 'package':
      keys.push(`package ${core.spec.name}`)
      if (core.bin !== null) keys.push(`package ${core.bin}`)
      return keys
    case 'image':
      keys.push(`image ${core.image.name}`)
      return keys
    case 'task':
      keys.push(`task ${core.task}`)
      return keys
    case 'module':
      keys.push(`module ${core.module}`)
      return keys
    case 'script':
      keys.push(core.script, `program ${programName(core.script)}`)
      pushPackage(keys, core.script)
      return keys
    case 'binary':
      keys.push(core.path, `program ${programName(core.path)}`)
      return keys
  }
}

/** Python's names are compared as PEP 503 says, and filed so. */
function keyName({ ecosystem, name }: PackageRef): string {
  return ecosystem === 'pypi' ? normalisePythonName(name) : name
}

function pushPackage(keys: string[], path: string): void {
  const name = packageInPath(path)
  if (name !== null) keys.push(`package ${name}`)
}
