/** Tools that run a program inside a project or an environment they prepare: uv run, poetry, conda, nix, tsx … Pure. */
import { basename } from '../text/basename.ts'
import { interpreterOf, readInterpreterCall } from './interpreter.ts'
import { type Layer, layer, withoutAssignments } from './layer.ts'
import { optionValue, scanOptions, valueOptions } from './options.ts'
import { readPackageCall } from './package-runner.ts'
import { shellText } from './shell-call.ts'

// uv run --help
const UV_RUN = valueOptions(
  '--extra', '--group', '--no-group', '--only-group', '--env-file', '--with', '-w', '--with-editable',
  '--with-requirements', '--package', '-p', '--python', '--directory', '--project', '--config-file', '--cache-dir',
  '--index', '--index-url', '-i', '--default-index', '--extra-index-url', '-f', '--find-links', '-P',
  '--upgrade-package', '--resolution', '--prerelease', '--exclude-newer', '--link-mode', '--color', '--no-extra',
  '--python-platform', '--refresh-package', '--reinstall-package', '--index-strategy', '--keyring-provider', '-C',
  '--config-setting', '--no-build-package', '--no-binary-package', '--python-preference', '--fork-strategy',
  '--allow-insecure-host', '--build-constraints', '-b', '--no-build-isolation-package', '--torch-backend',
) // biome-ignore format: a list
const PROJECT = valueOptions('-C', '--directory', '-P', '--project', '-p', '-e', '--env')
const CONDA = valueOptions('-n', '--name', '-p', '--prefix', '--cwd', '-r', '--root-prefix', '-e')
const PIXI = valueOptions(
  '-e',
  '--environment',
  '--manifest-path',
  '-p',
  '--platform',
  '-s',
  '--spec',
  '-c',
  '--channel',
)
const GO = valueOptions('-C', '-mod', '-tags', '-ldflags', '-gcflags', '-exec', '-p', '-o')
const NIX = valueOptions(
  '-f', '--file', '-I', '--include', '--override-input', '--inputs-from', '--profile', '--option', '-c', '--command',
  '-u', '--unset', '-j', '--max-jobs', '--expr', '-A', '--attr', '--run', '-p', '--packages',
) // biome-ignore format: a list
const TSX = valueOptions(
  '--tsconfig',
  '-r',
  '--require',
  '--import',
  '--env-file',
  '-C',
  '--conditions',
)
const NODEMON = valueOptions(
  '-w',
  '--watch',
  '-e',
  '--ext',
  '-i',
  '--ignore',
  '-d',
  '--delay',
  '-x',
  '--exec',
  '--config',
  '-s',
  '--signal',
)

/** Packages whose program runs what they are given, and nothing of their own. */
const RUNNER_PACKAGES: ReadonlyMap<string, string> = new Map([
  ['tsx', 'tsx'],
  ['nodemon', 'nodemon'],
  ['cross-env', 'cross-env'],
  ['dotenv-cli', 'dotenv'],
  ['@dotenvx/dotenvx', 'dotenvx'],
  ['env-cmd', 'env-cmd'],
])

/** `name` is the base name of argv[0]; null when it runs nothing. */
export function projectRunner(name: string, argv: readonly string[]): Layer | null {
  switch (name) {
    case 'uv':
      return uvRun(argv) ?? throughPackage([name, ...argv.slice(1)])
    case 'poetry':
    case 'pdm':
    case 'pipenv':
    case 'rye':
    case 'hatch':
      return environmentRun(name, argv)
    case 'conda':
    case 'mamba':
    case 'micromamba':
      return condaRun(argv)
    case 'pixi': {
      const { rest } = scanOptions(argv, 1, PIXI)
      if (rest[0] !== 'run' && rest[0] !== 'exec' && rest[0] !== 'x') return null
      return layer('only-child', scanOptions(rest, 1, PIXI).rest)
    }
    case 'pnpm':
    case 'yarn':
      return nodeRun(argv) ?? throughPackage([name, ...argv.slice(1)])
    case 'go':
      return goRun(argv)
    case 'nix':
    case 'nix-shell':
      return nix(name, argv)
    case 'tsx':
      return tsx(argv)
    case 'nodemon':
      return nodemon(argv)
    case 'node':
    case 'nodejs':
      return nodeWatch(argv)
    case 'cross-env':
    case 'cross-env-shell':
      return layer('only-child', withoutAssignments(argv.slice(1)))
    default:
      return throughPackage([name, ...argv.slice(1)])
  }
}

/** A package runner that is told a shell text, or to run what only runs something else. */
function throughPackage(argv: readonly string[]): Layer | null {
  const call = readPackageCall(argv)
  if (call === null) return null
  if ('text' in call) {
    const inner = shellText(call.text, [])
    return inner && { ...inner, position: 'among-children' }
  }
  if (call.ecosystem === 'pypi') {
    const program = call.bin ?? call.spec.name
    return interpreterOf(program) === 'python' && call.args.length > 0
      ? layer('among-children', [program, ...call.args])
      : null
  }
  const program = RUNNER_PACKAGES.get(call.spec.name)
  return program === undefined ? null : layer('among-children', [program, ...call.args])
}

function uvRun(argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, UV_RUN)
  if (outer.rest[0] !== 'run') return null
  const flags = scanOptions(outer.rest, 1, UV_RUN)
  // -m and -s are flags of uv run that say what the first word is
  const before = outer.rest.slice(1, outer.rest.length - flags.rest.length)
  const directory = optionValue(flags, '--directory') ?? optionValue(outer, '--directory')
  const [first] = flags.rest
  if (first === undefined) return null
  if (before.includes('-m') || before.includes('--module'))
    return layer('among-children', ['python', '-m', ...flags.rest], directory)
  const script = /\.pyw?$/.test(first) || before.includes('-s') || before.includes('--script')
  return layer('among-children', script ? ['python', ...flags.rest] : flags.rest, directory)
}

/** `poetry run x`, `hatch run environment:x`. hatch and pdm may prepare the environment by other programs first. */
function environmentRun(name: string, argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, PROJECT)
  if (outer.rest[0] !== 'run') return null
  const [first, ...rest] = scanOptions(outer.rest, 1, PROJECT).rest
  if (first === undefined) return null
  const command = name === 'hatch' ? first.replace(/^[\w.+-]*:(?=.)/, '') : first
  const position = name === 'hatch' || name === 'pdm' ? 'among-children' : 'only-child'
  return layer(position, [command, ...rest], optionValue(outer, '-C', '--directory'))
}

/** conda runs a shell script of its own making, which starts the command. */
function condaRun(argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, CONDA)
  if (outer.rest[0] !== 'run') return null
  const inner = scanOptions(outer.rest, 1, CONDA)
  return layer('among-children', inner.rest, optionValue(inner, '--cwd'))
}

/** `pnpm exec tool`, `yarn exec tool`, `yarn node x.js`. */
function nodeRun(argv: readonly string[]): Layer | null {
  const rules = valueOptions('-C', '--dir', '--cwd', '--filter', '-F', '--reporter', '--loglevel')
  const outer = scanOptions(argv, 1, rules)
  const directory = optionValue(outer, '-C', '--dir', '--cwd')
  if (outer.rest[0] === 'node') return layer('only-child', outer.rest, directory)
  if (outer.rest[0] !== 'exec') return null
  return layer('only-child', scanOptions(outer.rest, 1, rules).rest, directory)
}

/** `go run ./cmd/tool a`: the compiler runs first, then a program named after the folder. */
function goRun(argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, GO)
  if (outer.rest[0] !== 'run') return null
  const [target = '', ...args] = scanOptions(outer.rest, 1, GO).rest
  const name = basename(target.replace(/@.*$/s, '').replace(/\/v\d+$/, '')).replace(/\.go$/, '')
  return /^[\w-][\w.-]*$/.test(name) ? layer('among-children', [name, ...args]) : null
}

/** `nix run nixpkgs#tool -- a`, `nix shell … -c tool a`, `nix-shell --run 'tool a'`: executed in place. */
function nix(name: string, argv: readonly string[]): Layer | null {
  const outer = name === 'nix' ? scanOptions(argv, 1, NIX).rest : argv
  const options = scanOptions(outer, 1, NIX)
  if (name === 'nix-shell') {
    const text = outer[outer.indexOf('--run') + 1]
    return outer.includes('--run') && text !== undefined ? shellText(text, []) : null
  }
  switch (outer[0] ?? '') {
    case 'run': {
      const [installable = '', ...rest] = options.rest
      const [, attribute = ''] = installable.split(/[#^]/)
      const tool = /^[\w-]+$/.exec(attribute.slice(attribute.lastIndexOf('.') + 1))?.[0]
      const args = rest[0] === '--' ? rest.slice(1) : rest
      return tool === undefined ? null : layer('replaces', [tool, ...args])
    }
    case 'shell':
    case 'develop': {
      const at = outer.findIndex((word) => word === '-c' || word === '--command')
      return at < 0 ? null : layer('replaces', outer.slice(at + 1))
    }
    default:
      return null
  }
}

/** `tsx [watch] x.ts` starts node with a loader, and a compiler beside it. */
function tsx(argv: readonly string[]): Layer | null {
  const { rest } = scanOptions(argv, 1, TSX)
  const words = rest[0] === 'watch' ? scanOptions(rest, 1, TSX).rest : rest
  return words.length === 0 ? null : layer('among-children', ['node', ...words])
}

/** `node --watch x.js` starts node again below itself with each change. */
function nodeWatch(argv: readonly string[]): Layer | null {
  const { script } = readInterpreterCall('node', argv)
  if (script === null) return null
  const end = argv.indexOf(script)
  const watches = argv.slice(1, end).some((word) => /^--watch(-path|$)/.test(word))
  return watches ? layer('only-child', ['node', ...argv.slice(end)]) : null
}

function nodemon(argv: readonly string[]): Layer | null {
  const options = scanOptions(argv, 1, NODEMON)
  const text = optionValue(options, '-x', '--exec')
  if (text === null)
    return options.rest.length === 0 ? null : layer('only-child', ['node', ...options.rest])
  const inner = shellText(text, [])
  return inner && { ...inner, argv: [...inner.argv, ...options.rest] }
}
