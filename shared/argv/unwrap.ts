/** Taking wrappers off a command line: what is run in the end, and how its process lies below the wrapper's. Pure. */
import { basename } from '../text/basename.ts'
import { scanOptions, valueOptions } from './options.ts'
import { readPackageCall } from './package-runner.ts'
import { readShellText } from './words.ts'

/**
 * Where the wrapped program is to be found:
 * - `replaces`: the wrapper executes it in its own place (env, nice …).
 * - `helper`: as `only-child`, but put there by the client, not by the configuration (disclaimer).
 * - `only-child`: the wrapper stays and has no other child (`sh -c` with one simple command).
 * - `among-children`: the wrapper stays and may start other programs first (uv run builds the project).
 */
export type Position = 'replaces' | 'helper' | 'only-child' | 'among-children'

export interface Unwrapped {
  /** Outermost first. */
  readonly wrappers: readonly Position[]
  readonly argv: readonly string[]
  /** Folder that a wrapper changes to (`uv run --directory`, `cd x &&`). */
  readonly directory: string | null
}

interface Layer {
  readonly position: Position
  readonly argv: readonly string[]
  readonly directory?: string | null
}

const MAX_LAYERS = 8

/** Takes off all wrappers; the argv left is empty only if the given one was. argv[0] keeps its path. */
export function unwrap(argv: readonly string[]): Unwrapped {
  const wrappers: Position[] = []
  let inner = argv
  let directory: string | null = null
  while (wrappers.length < MAX_LAYERS) {
    const layer = readLayer(inner)
    if (layer === null || layer.argv.length === 0) break
    wrappers.push(layer.position)
    inner = layer.argv
    directory = layer.directory ?? directory
  }
  return { wrappers, argv: inner, directory }
}

const NO_VALUES = valueOptions()
const NICE = valueOptions('-n', '--adjustment')
const ENV = valueOptions('-u', '--unset', '-C', '--chdir')
const STDBUF = valueOptions('-i', '-o', '-e', '--input', '--output', '--error')
const IONICE = valueOptions('-c', '-n', '--class', '--classdata')
const TIMEOUT = valueOptions('-k', '-s', '--kill-after', '--signal')

function readLayer(argv: readonly string[]): Layer | null {
  const name = basename(argv[0] ?? '')
  switch (name) {
    case 'disclaimer':
      return layer('helper', scanOptions(argv, 1, NO_VALUES).rest)
    case 'caffeinate':
    case 'tini':
    case 'dumb-init':
      return layer('only-child', scanOptions(argv, 1, NO_VALUES).rest)
    case 'timeout':
      return layer('only-child', scanOptions(argv, 1, TIMEOUT).rest.slice(1))
    case 'env':
      return layer('replaces', withoutAssignments(scanOptions(argv, 1, ENV).rest))
    case 'nice':
      return layer('replaces', scanOptions(argv, 1, NICE).rest)
    case 'ionice':
      return layer('replaces', scanOptions(argv, 1, IONICE).rest)
    case 'stdbuf':
      return layer('replaces', scanOptions(argv, 1, STDBUF).rest)
    case 'nohup':
    case 'setsid':
    case 'arch':
    case 'corepack':
      return layer('replaces', scanOptions(argv, 1, NO_VALUES).rest)
    case 'cmd':
    case 'cmd.exe':
      return windowsShell(argv)
    case 'sh':
    case 'bash':
    case 'zsh':
    case 'dash':
    case 'ksh':
    case 'fish':
      return shell(argv)
    default:
      return projectRunner(name, argv)
  }
}

function layer(
  position: Position,
  argv: readonly string[],
  directory: string | null = null,
): Layer | null {
  return { position, argv, directory }
}

function withoutAssignments(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word))
  return start < 0 ? [] : words.slice(start)
}

function windowsShell(argv: readonly string[]): Layer | null {
  const index = argv.findIndex((word) => word.toLowerCase() === '/c')
  return index < 0 ? null : layer('only-child', argv.slice(index + 1))
}

/** `sh -c TEXT [NAME ARG…]`. npm hands arguments over after the text too, so those the text leaves unused are kept. */
function shell(argv: readonly string[]): Layer | null {
  let index = 1
  let told = false
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (!/^[-+]/.test(word)) break
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(word)) told = true
    if (/^[-+][a-zA-Z]*[oO]$/.test(word)) index += 1
  }
  const text = argv[index]
  if (!told || text === undefined) return null
  const extra = argv.slice(index + 1)
  const command = readShellText(text, extra.slice(1))
  if (command === null) return null
  const words = text.includes('$@') ? command.words : [...command.words, ...extra]
  return layer(command.sourcing ? 'among-children' : 'only-child', words, command.directory)
}

// uv run --help, poetry run --help and so on
const UV_RUN = valueOptions(
  '--extra', '--group', '--no-group', '--only-group', '--env-file', '--with', '-w', '--with-editable',
  '--with-requirements', '--package', '-p', '--python', '--directory', '--project', '--config-file', '--cache-dir',
  '--index', '--index-url', '-i', '--default-index', '--extra-index-url', '-f', '--find-links', '-P',
  '--upgrade-package', '--resolution', '--prerelease', '--exclude-newer', '--link-mode', '--color', '--no-extra',
  '--python-platform', '--refresh-package', '--reinstall-package', '--index-strategy', '--keyring-provider',
) // biome-ignore format: a list
const DIRECTORY = valueOptions('-C', '--directory', '-P', '--project', '-p')

function projectRunner(name: string, argv: readonly string[]): Layer | null {
  switch (name) {
    case 'uv':
      return uvRun(argv)
    case 'poetry':
    case 'hatch':
    case 'pdm':
    case 'pipenv':
    case 'rye':
    case 'volta': {
      const options = scanOptions(argv, 1, DIRECTORY)
      if (options.rest[0] !== 'run') return null
      return layer('among-children', scanOptions(options.rest, 1, NO_VALUES).rest)
    }
    case 'mise': {
      const end = argv.indexOf('--')
      const runs = argv[1] === 'x' || argv[1] === 'exec'
      return runs && end > 0 ? layer('among-children', argv.slice(end + 1)) : null
    }
    case 'npx':
    case 'npm': {
      const call = readPackageCall([name, ...argv.slice(1)])
      if (call === null || !('text' in call)) return null
      const command = readShellText(call.text, [])
      return command === null ? null : layer('among-children', command.words)
    }
    default:
      return null
  }
}

function uvRun(argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, UV_RUN)
  if (outer.rest[0] !== 'run') return null
  const flags = scanOptions(outer.rest, 1, UV_RUN)
  // -m and -s are flags of uv run that say what the first word is
  const before = outer.rest.slice(1, outer.rest.length - flags.rest.length)
  const directory = flags.values.get('--directory') ?? outer.values.get('--directory') ?? null
  const [first] = flags.rest
  if (first === undefined) return null
  if (before.includes('-m') || before.includes('--module'))
    return layer('among-children', ['python', '-m', ...flags.rest], directory)
  const script = /\.pyw?$/.test(first) || before.includes('-s') || before.includes('--script')
  return layer('among-children', script ? ['python', ...flags.rest] : flags.rest, directory)
}
