/** Package runners: npx and its kin, uvx, pipx. What package they run, which of its programs, with what arguments. Pure. */
import type { Ecosystem } from '../model/server.ts'
import { type OptionScan, optionValue, scanOptions, valueOptions } from './options.ts'
import { isAddress, type PackageSpec, readNpmSpec, readPythonSpec } from './package-spec.ts'

/**
 * `bin` is the program where the command line names it apart from the package (`-p PKG BIN`, `--from PKG BIN`).
 * `others` are further packages the program may be of as well (`-p A -p B BIN`); empty where it is clear.
 */
export interface PackageCall {
  readonly ecosystem: Ecosystem
  readonly manager: string
  readonly spec: PackageSpec
  readonly others: readonly PackageSpec[]
  readonly bin: string | null
  readonly args: readonly string[]
}

/** A runner told to run shell text (`npx -c TEXT`). */
export interface ShellCall {
  readonly manager: string
  readonly text: string
}

// Options with a value, from the tools' own help: npm (config), npm exec, pnpm dlx, yarn dlx, bunx.
export const NPM = valueOptions(
  '-p', '--package', '-c', '--call', '--registry', '-w', '--workspace', '--cache', '--userconfig', '--globalconfig',
  '--prefix', '-C', '--dir', '--loglevel', '--script-shell', '--node-arg', '-n', '--shell', '--cafile', '--ca',
  '--proxy', '--https-proxy', '--noproxy', '--tag', '--omit', '--include', '--before', '--fetch-retries',
  '--fetch-timeout', '--maxsockets', '--node-options', '--install-strategy', '--reporter', '--filter', '-F',
  '--cwd', '--store-dir', '--cache-dir', '--config-dir', '--logs-dir', '--local-address', '--user-agent',
) // biome-ignore format: a list
// uv tool run --help, pipx run --help
export const UVX = valueOptions(
  '--from', '--with', '-w', '--with-editable', '--with-requirements', '-p', '--python', '-i', '--index',
  '--index-url', '--extra-index-url', '--default-index', '-f', '--find-links', '--cache-dir', '--directory',
  '--project', '--config-file', '-P', '--upgrade-package', '--refresh-package', '--prerelease', '--resolution',
  '--index-strategy', '--keyring-provider', '--link-mode', '--exclude-newer', '-b', '--build-constraints',
  '-c', '--constraints', '--overrides', '--env-file', '--python-platform', '--color', '--spec', '--pip-args',
  '--backend', '--suffix', '--allow-insecure-host', '--no-build-package', '--no-binary-package', '-C',
  '--config-setting', '--python-preference', '--fork-strategy', '--no-build-isolation-package', '--torch-backend',
  '--reinstall-package', '--exclude-newer-package', '--no-sources-package',
) // biome-ignore format: a list

/** Reads `argv` (argv[0] the tool's base name); null when it runs no package. */
export function readPackageCall(argv: readonly string[]): PackageCall | ShellCall | null {
  const start = runStart(argv)
  if (start === null) return null
  const { manager, ecosystem, index } = start
  const rules = ecosystem === 'npm' ? NPM : UVX
  const inner = scanOptions(argv, index, rules)
  // pnpm takes the package before its subcommand too
  const all = [...scanOptions(argv, 1, rules).all, ...(index > 1 ? inner.all : [])]
  const options = { ...inner, all }
  return ecosystem === 'npm' ? npmCall(manager, options) : pythonCall(manager, options)
}

interface RunStart {
  readonly manager: string
  readonly ecosystem: Ecosystem
  readonly index: number
}

/** Where the options of the running subcommand begin. */
function runStart(argv: readonly string[]): RunStart | null {
  switch (argv[0] ?? '') {
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
      return afterSubcommand(argv, ['x'], (index) => npm('bun', index), NPM)
    case 'uvx':
      return python('uv', 1)
    case 'uv':
      return afterSubcommand(argv, ['tool'], (index) => toolRun(argv, index), UVX)
    case 'pipx':
      return afterSubcommand(argv, ['run'], (index) => python('pipx', index), UVX)
    default:
      return null
  }
}

function npm(manager: string, index: number): RunStart {
  return { manager, ecosystem: 'npm', index }
}

function python(manager: string, index: number): RunStart {
  return { manager, ecosystem: 'pypi', index }
}

function toolRun(argv: readonly string[], index: number): RunStart | null {
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

function npmCall(manager: string, options: OptionScan): PackageCall | ShellCall | null {
  const text = optionValue(options, '-c', '--call')
  if (text !== null) return { manager, text }
  const named = options.all.flatMap(([name, value]) =>
    name === '-p' || name === '--package' ? [readNpmSpec(value)] : [],
  )
  const [first] = options.rest
  if (first === undefined) return null
  const args = argumentsOf(options.rest)
  const common = { ecosystem: 'npm', manager, args } as const
  const [spec] = named
  if (spec === undefined) return { ...common, spec: readNpmSpec(first), others: [], bin: null }
  return { ...common, ...whoseProgram(named, spec, first), bin: first }
}

/** Of several packages the one that the program is named after; else it may be of any. */
function whoseProgram(
  named: readonly PackageSpec[],
  first: PackageSpec,
  bin: string,
): Pick<PackageCall, 'spec' | 'others'> {
  const namesake = named.find((spec) => programsOf(spec).has(bin))
  if (namesake !== undefined) return { spec: namesake, others: [] }
  return { spec: first, others: named.filter((spec) => spec !== first) }
}

function pythonCall(manager: string, options: OptionScan): PackageCall | null {
  const named = optionValue(options, '--from', '--spec')
  const [first] = options.rest
  if (first === undefined) return null
  const args = argumentsOf(options.rest)
  const bin = named === null ? null : first
  const spec = readPythonSpec(named ?? first)
  return { ecosystem: 'pypi', manager, spec, others: [], bin, args }
}

/** The runners take a `--` of their own also between the package and the arguments. */
function argumentsOf(rest: readonly string[]): readonly string[] {
  return rest[1] === '--' ? rest.slice(2) : rest.slice(1)
}

/**
 * Names under which a package's program is likely to appear. A hint for a process found in the right place, never
 * evidence by itself.
 */
export function likelyPrograms(call: PackageCall): ReadonlySet<string> {
  return call.bin === null ? programsOf(call.spec) : new Set([call.bin])
}

/** The last part of the package's name, `mcp-server-x` for `server-x`, `scope-x` for `@scope/x`. */
function programsOf({ name }: PackageSpec): ReadonlySet<string> {
  const whole = name.length < 2048 && isAddress(name) ? withoutEnding(name) : name
  const last = whole.slice(Math.max(whole.lastIndexOf('/'), whole.lastIndexOf(':')) + 1)
  const scope = /^@([^/]+)\//.exec(name)?.[1]
  // Python's names are normalised, its programs' are not
  const names = new Set([last, last.replaceAll('-', '_')])
  if (last.startsWith('server-')) names.add(`mcp-${last}`)
  if (scope !== undefined) names.add(`${scope}-${last}`)
  return names
}

/** `git+https://host/owner/name.git@v1#subdirectory=x` ends in `name`. */
function withoutEnding(address: string): string {
  const path = address.replace(/#.*$/s, '').replace(/(?<=[^/])@[^@/]*$/, '')
  return path.replace(/\/+$/, '').replace(/\.(git|tgz|tar\.gz|whl)$/, '')
}
