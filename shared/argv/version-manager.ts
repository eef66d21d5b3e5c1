/** Tools that run a program of a chosen version, or with secrets fetched: mise, volta, asdf, nvm, op … Pure. */
import { type Layer, layer } from './layer.ts'
import { type OptionRules, optionValue, scanOptions, valueOptions } from './options.ts'
import { shellText } from './shell-call.ts'

const NONE = valueOptions()
const MISE = valueOptions('-C', '--cd', '-E', '--env', '-j', '--jobs', '-c', '--command')
const VOLTA = valueOptions('--node', '--npm', '--pnpm', '--yarn', '--env')
const FNM = valueOptions('--using', '--fnm-dir', '--node-dist-mirror', '--log-level', '--arch')
const DOTENV = valueOptions(
  '-e',
  '-v',
  '-c',
  '-p',
  '-f',
  '--file',
  '-r',
  '--rc-file',
  '--environments',
)

/** Stay above the command that stands behind their `--`. */
const BEFORE_DASHES = new Set([
  'op', 'doppler', 'infisical', 'dotenvx', 'teller', 'bws', 'chamber', 'aws-vault', 'devbox', 'flox', 'fnox', 'varlock',
  'secretspec', 'vault-exec', 'with-secrets',
]) // biome-ignore format: a list

/** `name` is the base name of argv[0]; null when it runs nothing. */
export function versionManager(name: string, argv: readonly string[]): Layer | null {
  if (BEFORE_DASHES.has(name)) return behindDashes('only-child', argv)
  switch (name) {
    case 'mise':
    case 'rtx':
      return mise(argv)
    // their `exec` finds the program and executes it, and so do the files it is made of
    case 'asdf':
    case 'pyenv':
    case 'nodenv':
    case 'rbenv':
    case 'jenv':
    case 'goenv':
      return afterWord(argv, 'exec', 'replaces', NONE)
    case 'asdf-exec':
    case 'pyenv-exec':
    case 'nodenv-exec':
    case 'nvm-exec':
      return layer('replaces', argv.slice(1))
    case 'volta':
      return afterWord(argv, 'run', 'only-child', VOLTA)
    case 'fnm':
      return afterWord(argv, 'exec', 'only-child', FNM)
    case 'nvm':
    case 'n':
      return versionFirst(argv)
    case 'proto':
      return proto(argv)
    case 'hermit':
      return hermit(argv)
    case 'dotenv':
    case 'env-cmd':
      return layer('only-child', scanOptions(argv, 1, DOTENV).rest)
    default:
      return null
  }
}

function behindDashes(position: Layer['position'], argv: readonly string[]): Layer | null {
  const end = argv.indexOf('--')
  return end < 0 ? null : layer(position, argv.slice(end + 1))
}

function afterWord(
  argv: readonly string[],
  word: string,
  position: Layer['position'],
  rules: OptionRules,
): Layer | null {
  const { rest } = scanOptions(argv, 1, rules)
  return rest[0] === word ? layer(position, scanOptions(rest, 1, rules).rest) : null
}

/** `mise exec node@20 -- npx x`, `mise x -c 'npx x'`; it executes the program in its own place. */
function mise(argv: readonly string[]): Layer | null {
  const outer = scanOptions(argv, 1, MISE)
  if (outer.rest[0] !== 'x' && outer.rest[0] !== 'exec') return null
  const options = scanOptions(outer.rest, 1, MISE)
  const text = optionValue(options, '-c', '--command')
  const inner = text === null ? behindDashes('replaces', outer.rest) : shellText(text, [])
  if (inner === null) return null
  const folder = optionValue(options, '-C', '--cd') ?? optionValue(outer, '-C', '--cd')
  return { ...inner, position: 'replaces', directory: inner.directory ?? folder }
}

/** `nvm exec 20 npx x`, `nvm run 20 x.js`; `n` takes the same words. */
function versionFirst(argv: readonly string[]): Layer | null {
  const [subcommand, ...rest] = scanOptions(argv, 1, NONE).rest
  const [version, ...words] = scanOptions(rest, 0, NONE).rest
  // without a version the one of .nvmrc is taken
  const command = /^v?\d|^(lts|latest|node|stable|system)\b/.test(version ?? '')
    ? words
    : [version ?? '', ...words]
  if (command.length === 0 || command[0] === '') return null
  if (subcommand === 'exec') return layer('replaces', command)
  return subcommand === 'run' ? layer('replaces', ['node', ...command]) : null
}

/** `proto run node 20 -- server.js`: the tool's name, maybe a version, and its arguments behind `--`. */
function proto(argv: readonly string[]): Layer | null {
  const [subcommand, tool, ...rest] = scanOptions(argv, 1, NONE).rest
  if (subcommand !== 'run' || tool === undefined) return null
  const end = rest.indexOf('--')
  return layer('replaces', [tool, ...rest.slice(end < 0 ? rest.length : end + 1)])
}

/** `hermit --level=x exec /path/bin/npx -- x`, which the shims that Goose brings along come down to. */
function hermit(argv: readonly string[]): Layer | null {
  const [subcommand, program, ...rest] = scanOptions(argv, 1, NONE).rest
  if (subcommand !== 'exec' || program === undefined) return null
  return layer('replaces', [program, ...(rest[0] === '--' ? rest.slice(1) : rest)])
}
