/** Reading an interpreter's command line: which script or module it was told to run. Pure. */

export type Interpreter = 'node' | 'python' | 'bun' | 'deno'

/** `script` as given (maybe relative), `module` for `python -m`, `rest` the script's own arguments. */
export interface InterpreterCall {
  readonly interpreter: Interpreter
  readonly script: string | null
  readonly module: string | null
  readonly rest: readonly string[]
}

/** Options that take their value as the next argument (node --help, python --help). */
const NODE_VALUE_OPTIONS = new Set([
  '-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions',
  '--env-file', '--env-file-if-exists', '--icu-data-dir', '--title', '--input-type', '--inspect-port',
]) // biome-ignore format: a list
const PYTHON_VALUE_OPTIONS = new Set(['-W', '-X', '--check-hash-based-pycs'])

/** The interpreter that an executable's or a command's path names, e.g. `/usr/bin/python3.11` is python. */
export function interpreterOf(path: string): Interpreter | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  // asked of every process at every tick: most names are none of them by their first letter
  if (!'npbd'.includes(name.charAt(0))) return null
  if (/^node(js)?(-?\d+)?$/.test(name)) return 'node'
  if (/^python(w|\d+(\.\d+)?)?$/.test(name)) return 'python'
  if (/^bunx?$/.test(name)) return 'bun'
  if (name === 'deno') return 'deno'
  return null
}

/** Reads `argv` (argv[0] included) of a process running `interpreter`; an inline program has neither script nor module. */
export function readInterpreterCall(
  interpreter: Interpreter,
  argv: readonly string[],
): InterpreterCall {
  let index = 1
  if ((interpreter === 'bun' || interpreter === 'deno') && argv[index] === 'run') index += 1
  const valueOptions = interpreter === 'python' ? PYTHON_VALUE_OPTIONS : NODE_VALUE_OPTIONS
  for (; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (interpreter === 'python' && (argument === '-m' || /^-[bBdEiIOqsSuvx]+m$/.test(argument)))
      return call(interpreter, null, argv[index + 1] ?? null, argv.slice(index + 2))
    if (isInlineProgram(interpreter, argument)) return call(interpreter, null, null, [])
    if (argument === '--')
      return call(interpreter, argv[index + 1] ?? null, null, argv.slice(index + 2))
    if (!argument.startsWith('-') || argument === '-')
      return call(interpreter, argument === '-' ? null : argument, null, argv.slice(index + 1))
    if (valueOptions.has(argument)) index += 1
  }
  return call(interpreter, null, null, [])
}

function isInlineProgram(interpreter: Interpreter, argument: string): boolean {
  if (interpreter === 'python') return argument === '-c'
  return ['-e', '--eval', '-p', '--print', '-pe', '-i', '--interactive'].includes(argument)
}

function call(
  interpreter: Interpreter,
  script: string | null,
  module: string | null,
  rest: readonly string[],
): InterpreterCall {
  return { interpreter, script, module, rest }
}
