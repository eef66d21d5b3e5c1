/** Programs that run another one with something changed: env, nice, timeout, sudo … Pure. */
import { type Layer, layer, type Position, withoutAssignments } from './layer.ts'
import { type OptionRules, optionValue, scanOptions, valueOptions } from './options.ts'
import { readShellText, splitWords } from './words.ts'

interface Wrapper {
  readonly position: Position
  /** Its options that take a value (the tool's manual page). */
  readonly options: OptionRules
  /** Words of its own between its options and the command. */
  readonly operands?: number
}

const NONE = valueOptions()

const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['disclaimer', { position: 'helper', options: NONE }],
  ['nice', { position: 'replaces', options: valueOptions('-n', '--adjustment') }],
  ['ionice', { position: 'replaces', options: valueOptions('-c', '-n', '--class', '--classdata') }],
  ['stdbuf', { position: 'replaces', options: valueOptions('-i', '-o', '-e') }],
  ['nohup', { position: 'replaces', options: NONE }],
  ['setsid', { position: 'replaces', options: NONE }],
  ['arch', { position: 'replaces', options: valueOptions('-d', '-e') }],
  ['taskset', { position: 'replaces', options: NONE, operands: 1 }],
  ['chrt', { position: 'replaces', options: valueOptions('-T', '-P', '-D'), operands: 1 }],
  ['setpriv', { position: 'replaces', options: valueOptions('--reuid', '--regid', '--groups') }],
  ['proxychains', { position: 'replaces', options: valueOptions('-f') }],
  ['proxychains4', { position: 'replaces', options: valueOptions('-f') }],
  ['sandbox-exec', { position: 'replaces', options: valueOptions('-f', '-n', '-p', '-D') }],
  ['direnv', { position: 'replaces', options: NONE, operands: 2 }],
  ['caffeinate', { position: 'only-child', options: valueOptions('-t', '-w') }],
  ['tini', { position: 'only-child', options: valueOptions('-p', '-e') }],
  ['dumb-init', { position: 'only-child', options: valueOptions('-r', '--rewrite') }],
  ['catatonit', { position: 'only-child', options: NONE }],
  ['timeout', { position: 'only-child', options: valueOptions('-k', '-s', '--kill-after', '--signal'), operands: 1 }],
  ['flock', { position: 'only-child', options: valueOptions('-w', '--timeout', '-E'), operands: 1 }],
  ['doas', { position: 'only-child', options: valueOptions('-u', '-C') }],
  ['xvfb-run', { position: 'among-children', options: valueOptions('-n', '-e', '-f', '-p', '-s', '-w') }],
  ['dbus-run-session', { position: 'among-children', options: valueOptions('--config-file', '--dbus-daemon') }],
  ['firejail', { position: 'only-child', options: NONE }],
]) // biome-ignore format: a table

const ENV = valueOptions('-u', '--unset', '-C', '--chdir', '-P', '-a', '--argv0')
const SUDO = valueOptions(
  '-u', '--user', '-g', '--group', '-h', '--host', '-p', '--prompt', '-C', '--close-from', '-r', '--role', '-t', '--type',
  '-T', '--command-timeout', '-U', '--other-user', '-D', '--chdir', '-R', '--chroot',
) // biome-ignore format: a list

/** `name` is the base name of argv[0]; null when it wraps nothing. */
export function systemWrapper(name: string, argv: readonly string[]): Layer | null {
  const known = WRAPPERS.get(name)
  if (known !== undefined) {
    const { position, options, operands = 0 } = known
    return layer(position, scanOptions(argv, 1, options).rest.slice(operands))
  }
  switch (name) {
    case 'env':
      return env(argv)
    case 'sudo': {
      const options = scanOptions(argv, 1, SUDO)
      const words = withoutAssignments(options.rest)
      return layer('only-child', words, optionValue(options, '-D', '--chdir'))
    }
    case 'corepack': {
      const [tool = '', ...rest] = scanOptions(argv, 1, NONE).rest
      return layer('replaces', tool === '' ? [] : [tool.replace(/(?<=.)@.*$/s, ''), ...rest])
    }
    case 'bwrap':
      return layer('only-child', bubblewrapped(argv))
    case 'cmd':
    case 'cmd.exe': {
      const index = argv.findIndex((word) => word.toLowerCase() === '/c')
      return index < 0 ? null : layer('only-child', argv.slice(index + 1))
    }
    default:
      return null
  }
}

/** env(1): options, assignments, the command; `-S` holds several words in one. */
function env(argv: readonly string[]): Layer | null {
  const at = argv.findIndex((word) => /^(-[iv0]*S|--split-string)/.test(word))
  if (at > 0 && argv.slice(1, at).every((word) => word.startsWith('-'))) {
    const word = argv[at] ?? ''
    const inline = word.replace(/^(-[iv0]*S|--split-string=?)/, '')
    const text = inline === '' ? (argv[at + 1] ?? '') : inline
    const words = readShellText(text, [])?.words ?? splitWords(text)
    const rest = argv.slice(inline === '' ? at + 2 : at + 1)
    return layer('replaces', withoutAssignments(scanOptions([...words, ...rest], 0, ENV).rest))
  }
  const options = scanOptions(argv, 1, ENV)
  return layer('replaces', withoutAssignments(options.rest), optionValue(options, '-C', '--chdir'))
}

// bwrap(1): how many words each option takes; those not listed take one
const BWRAP_NONE =
  /^--(unshare-.*|share-net|die-with-parent|new-session|clearenv|as-pid-1|(disable|assert)-userns.*)$/
const BWRAP_TWO =
  /^--((dev-|ro-)?bind(-try|-data|-fd)?|ro-bind-data|symlink|setenv|chmod|file|bind-data)$/

function bubblewrapped(argv: readonly string[]): readonly string[] {
  let index = 1
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') return argv.slice(index + 1)
    if (!word.startsWith('-')) break
    index += BWRAP_NONE.test(word) ? 0 : BWRAP_TWO.test(word) ? 2 : 1
  }
  return argv.slice(index)
}
