/** Which files on disk a configured command line names as what will run: its script or its binary. Pure. */
import { posix } from 'node:path'
import { interpreterOf, readInterpreterCall } from '../../shared/argv/interpreter.ts'
import { basename } from '../../shared/text/basename.ts'
import { splitCommands, splitWords } from '../../shared/text/words.ts'

/** Where relative names are looked up; null where that is not known. */
export interface Whereabouts {
  readonly home: string
  readonly cwd: string | null
  /** A folder in which commands without a slash certainly are. Not PATH: the client has its own, which we cannot know. */
  readonly binFolder?: string
}

/** Put into a word for a placeholder that is not known; no file has it in its name. */
export const OPEN = '\0'

/** Start something else, so that their own file says nothing of what runs. */
const LAUNCHERS = new Set([
  'npx', 'npm', 'pnpm', 'pnpx', 'yarn', 'bunx', 'uv', 'uvx', 'pipx', 'pip', 'poetry', 'hatch', 'rye', 'pdm', 'docker',
  'podman', 'nerdctl', 'java', 'ruby', 'php', 'perl', 'dotnet', 'go', 'cargo', 'nix', 'mise', 'volta', 'asdf', 'sudo',
  'ssh', 'wsl', 'cmd', 'osascript', 'conda', 'mamba', 'micromamba', 'pixi', 'direnv', 'op', 'doppler', 'devbox',
]) // biome-ignore format: a list
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish'])
/** Run the rest of their arguments in their own place. */
const PREFIXES = new Set([
  'exec',
  'nohup',
  'setsid',
  'command',
  'nice',
  'time',
  'stdbuf',
  'caffeinate',
])
/** Take a script as node does, and run it on node. */
const SCRIPT_RUNNERS = new Set(['tsx', 'ts-node', 'nodemon'])
const ASSIGNMENT = /^[A-Za-z_]\w*=/
const MAX_DEPTH = 6
/** A program longer than this is not looked into. */
const MAX_PROGRAM = 4096

/** Absolute paths, the likeliest first; whether they exist is for the caller to see. */
export function namedFiles(words: readonly string[], where: Whereabouts, depth = 0): string[] {
  const start = words.findIndex((word) => !ASSIGNMENT.test(word))
  const [command, ...rest] = start < 0 ? [] : words.slice(start)
  if (command === undefined || depth > MAX_DEPTH) return []
  const name = basename(command)
  const deeper = (inner: readonly string[], at = where): string[] =>
    namedFiles(inner, at, depth + 1)
  if (name === 'env') return envFiles(rest, where, deeper)
  if (SHELLS.has(name)) return shellFiles(rest, where, deeper)
  if (PREFIXES.has(name)) return deeper(rest.slice(firstPlain(rest)))
  if (name === 'uv') return uvFiles(rest, where, deeper)
  if (SCRIPT_RUNNERS.has(name)) return scriptFiles(rest[firstPlain(rest)] ?? null, where)
  if (LAUNCHERS.has(name)) return []
  const interpreter = interpreterOf(name)
  if (interpreter !== null)
    return scriptFiles(readInterpreterCall(interpreter, [command, ...rest]).script, where)
  if (command.includes('/')) return absolute(command, where)
  return where.binFolder === undefined ? [] : absolute(`${where.binFolder}/${command}`, where)
}

type Deeper = (words: readonly string[], where?: Whereabouts) => string[]

/** env(1): options, assignments, then the command; -S holds a command line in one word. */
function envFiles(words: readonly string[], where: Whereabouts, deeper: Deeper): string[] {
  let at = where
  let index = 0
  for (; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const split = /^(?:-S|--split-string=)(.*)$/s.exec(word)?.[1]
    if (split !== undefined) {
      const line = split === '' ? (words[index + 1] ?? '') : split
      return deeper([...splitWords(line), ...words.slice(index + (split === '' ? 2 : 1))], at)
    }
    if (word === '-u' || word === '--unset') index += 1
    else if (word === '-C' || word === '--chdir') {
      index += 1
      at = moved(at, words[index] ?? '')
    } else if (word.startsWith('--chdir=')) at = moved(at, word.slice('--chdir='.length))
    else if (!word.startsWith('-') && !ASSIGNMENT.test(word)) break
  }
  return deeper(words.slice(index), at)
}

/** `sh -c '<program>'`: of a program such as `cd x && node y` the last command that names a file counts. */
function shellFiles(words: readonly string[], where: Whereabouts, deeper: Deeper): string[] {
  const option = words.findIndex((word) => /^-[a-z]*c$/.test(word))
  if (option < 0) return scriptFiles(words[firstPlain(words)] ?? null, where)
  let at = where
  let found: string[] = []
  const program = words[option + 1] ?? ''
  for (const command of program.length > MAX_PROGRAM ? [] : splitCommands(program)) {
    if (command[0] === 'cd') at = moved(at, command[1] ?? '')
    else {
      const files = deeper(command, at)
      if (files.length > 0) found = files
    }
  }
  return found
}

/** `uv [--directory D] run [options] x`: a script, or a command of the project's own environment. */
function uvFiles(words: readonly string[], where: Whereabouts, deeper: Deeper): string[] {
  let at = where
  let index = 0
  let running = false
  for (; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const folder = /^--(?:directory|project)(?:=(.*))?$/s.exec(word)
    if (folder) {
      if (folder[1] === undefined) index += 1
      at = moved(at, folder[1] ?? words[index] ?? '')
    } else if (
      /^(--with(-editable|-requirements)?|--python|-p|--extra|--group|--env-file)$/.test(word)
    )
      index += 1
    else if (word === '--' || word.startsWith('-')) continue
    else if (!running && word === 'run') running = true
    else break
  }
  const target = words[index]
  if (!running || target === undefined) return []
  if (target.endsWith('.py')) return scriptFiles(target, at)
  const venv = at.cwd === null ? {} : { binFolder: `${at.cwd}/.venv/bin` }
  return deeper(words.slice(index), { ...at, ...venv })
}

/** node also takes a name without its ending, or a folder with an index file. */
function scriptFiles(script: string | null, where: Whereabouts): string[] {
  if (script === null || script === '') return []
  return absolute(script, where).flatMap((path) => [path, `${path}.js`, `${path}/index.js`])
}

function moved(where: Whereabouts, folder: string): Whereabouts {
  return { ...where, cwd: absolute(folder, where)[0] ?? null }
}

function absolute(path: string, where: Whereabouts): string[] {
  if (path === '' || path.includes(OPEN)) return []
  if (path === '~' || path.startsWith('~/')) return [posix.join(where.home, path.slice(1))]
  if (path.startsWith('/')) return [posix.normalize(path)]
  return where.cwd === null ? [] : [posix.join(where.cwd, path)]
}

function firstPlain(words: readonly string[]): number {
  const index = words.findIndex((word) => !word.startsWith('-'))
  return index < 0 ? words.length : index
}
