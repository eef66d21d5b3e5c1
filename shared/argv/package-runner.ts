/** Package runners: npx and its kin, uvx, pipx. What package they run, which of its programs, with what arguments. Pure. */
import type { Ecosystem } from '../model/server.ts'
import { scanOptions, valueOptions } from './options.ts'
import { type PackageSpec, readNpmSpec, readPythonSpec } from './package-spec.ts'

/** `bin` is the program where the command line names it apart from the package (`-p PKG BIN`, `--from PKG BIN`). */
export interface PackageCall {
  readonly ecosystem: Ecosystem
  readonly manager: string
  readonly spec: PackageSpec
  readonly bin: string | null
  readonly args: readonly string[]
}

/** A runner told to run shell text (`npx -c TEXT`). */
export interface ShellCall {
  readonly manager: string
  readonly text: string
}

// Options with a value, from the tools' own help: npm exec, pnpm dlx, yarn dlx, bunx.
const NPM = valueOptions(
  '-p', '--package', '-c', '--call', '--registry', '-w', '--workspace', '--cache', '--userconfig',
  '--prefix', '--loglevel', '--script-shell', '--node-arg', '-n', '--shell',
) // biome-ignore format: a list
// uv tool run --help, pipx run --help
const UVX = valueOptions(
  '--from', '--with', '-w', '--with-editable', '--with-requirements', '-p', '--python', '-i', '--index',
  '--index-url', '--extra-index-url', '--default-index', '-f', '--find-links', '--cache-dir', '--directory',
  '--project', '--config-file', '-P', '--upgrade-package', '--refresh-package', '--prerelease', '--resolution',
  '--index-strategy', '--keyring-provider', '--link-mode', '--exclude-newer', '-b', '--build-constraints',
  '-c', '--constraints', '--overrides', '--env-file', '--python-platform', '--color', '--spec', '--pip-args',
  '--backend', '--suffix', '--allow-insecure-host', '--no-build-package', '--no-binary-package',
) // biome-ignore format: a list

/** Reads `argv` (argv[0] the tool's base name); null when it runs no package. */
export function readPackageCall(argv: readonly string[]): PackageCall | ShellCall | null {
  const start = runStart(argv)
  if (start === null) return null
  const { manager, ecosystem, index } = start
  const options = scanOptions(argv, index, ecosystem === 'npm' ? NPM : UVX)
  return ecosystem === 'npm'
    ? npmCall(manager, options.rest, options.values)
    : pythonCall(manager, options.rest, options.values)
}

interface RunStart {
  readonly manager: string
  readonly ecosystem: Ecosystem
  readonly index: number
}

/** Where the options of the running subcommand begin. */
function runStart(argv: readonly string[]): RunStart | null {
  const [name = '', first] = argv
  const npm = (manager: string, index: number): RunStart => ({ manager, ecosystem: 'npm', index })
  const python = (manager: string, index: number): RunStart => ({
    manager,
    ecosystem: 'pypi',
    index,
  })
  switch (name) {
    case 'npx':
      return npm('npm', 1)
    case 'npm':
      return afterSubcommand(argv, ['exec', 'x'], (index) => npm('npm', index), NPM)
    case 'pnpm':
      return afterSubcommand(argv, ['dlx'], (index) => npm('pnpm', index), NPM)
    case 'yarn':
      return afterSubcommand(argv, ['dlx'], (index) => npm('yarn', index), NPM)
    case 'pnpx':
      return npm('pnpm', 1)
    case 'bunx':
      return npm('bun', 1)
    case 'bun':
      return first === 'x' ? npm('bun', 2) : null
    case 'uvx':
      return python('uv', 1)
    case 'uv':
      return afterSubcommand(argv, ['tool'], (index) => toolRun(argv, index, python), UVX)
    case 'pipx':
      return afterSubcommand(argv, ['run'], (index) => python('pipx', index), UVX)
    default:
      return null
  }
}

function toolRun(
  argv: readonly string[],
  index: number,
  python: (manager: string, index: number) => RunStart,
): RunStart | null {
  return argv[index] === 'run' || argv[index] === 'uvx' ? python('uv', index + 1) : null
}

function afterSubcommand(
  argv: readonly string[],
  names: readonly string[],
  found: (index: number) => RunStart | null,
  rules: typeof NPM,
): RunStart | null {
  const { rest } = scanOptions(argv, 1, rules)
  if (!names.includes(rest[0] ?? '')) return null
  return found(argv.length - rest.length + 1)
}

function npmCall(
  manager: string,
  rest: readonly string[],
  values: ReadonlyMap<string, string>,
): PackageCall | ShellCall | null {
  const text = values.get('-c') ?? values.get('--call')
  if (text !== undefined) return { manager, text }
  const named = values.get('-p') ?? values.get('--package')
  const [first] = rest
  if (first === undefined) return null
  // npm exec takes its own `--` also between the package and the arguments
  const args = rest[1] === '--' ? rest.slice(2) : rest.slice(1)
  const spec = readNpmSpec(named ?? first)
  const bin = named === undefined ? null : first
  return { ecosystem: 'npm', manager, spec, bin, args }
}

function pythonCall(
  manager: string,
  rest: readonly string[],
  values: ReadonlyMap<string, string>,
): PackageCall | null {
  const named = values.get('--from') ?? values.get('--spec')
  const [first] = rest
  if (first === undefined) return null
  const args = rest[1] === '--' ? rest.slice(2) : rest.slice(1)
  const bin = named === undefined ? null : first
  return { ecosystem: 'pypi', manager, spec: readPythonSpec(named ?? first), bin, args }
}

/**
 * Names under which a package's program is likely to appear: the one given, the last part of the package's name, and
 * `mcp-server-x` for `server-x`. A hint for a process found in the right place, never evidence by itself.
 */
export function likelyPrograms(call: PackageCall): ReadonlySet<string> {
  if (call.bin !== null) return new Set([call.bin])
  const last = call.spec.name.slice(call.spec.name.lastIndexOf('/') + 1)
  const scope = /^@([^/]+)\//.exec(call.spec.name)?.[1]
  const names = new Set([last])
  if (last.startsWith('server-')) names.add(`mcp-${last}`)
  if (scope !== undefined) names.add(`${scope}-${last}`)
  return names
}
