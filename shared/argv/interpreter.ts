/** Reading an interpreter's command line: which script or module it was told to run. Pure. */

export type Interpreter = 'node' | 'python' | 'bun' | 'deno'

/** `script` as given (maybe relative), `module` for `python -m`, `rest` the script's own arguments. */
export interface InterpreterCall {
  readonly interpreter: Interpreter
  readonly script: string | null
  readonly module: string | null
  readonly rest: readonly string[]
}

/** Options that take their value as the next argument (node, python, bun, deno: --help). */
const VALUE_OPTIONS: Record<Interpreter, ReadonlySet<string>> = {
  node: new Set([
    '-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions',
    '--env-file', '--env-file-if-exists', '--icu-data-dir', '--title', '--input-type', '--inspect-port',
    '--watch-path', '--max-http-header-size', '--openssl-config', '--redirect-warnings', '--trace-event-categories',
  ]),
  python: new Set(['-W', '-X', '--check-hash-based-pycs']),
  bun: new Set([
    '-r', '--preload', '--require', '--import', '-c', '--config', '--cwd', '--env-file', '--tsconfig-override',
    '--conditions', '-d', '--define', '--loader', '-l', '--port', '--title', '--filter', '-F', '--shell',
  ]),
  deno: new Set([
    '-c', '--config', '--import-map', '-L', '--log-level', '--cert', '--location', '--seed', '--preload', '--ext',
    '--lock',
  ]),
} // biome-ignore format: a list

/** The interpreter that an executable's or a command's path names, e.g. `/usr/bin/python3.11` is python. */
export function interpreterOf(path: string): Interpreter | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  // asked of every process at every tick: most names are none of them by their first letter
  if (!'npbdP'.includes(name.charAt(0))) return null
  if (/^node(js)?(-?\d+)?$/.test(name)) return 'node'
  // `Python` is the image of a macOS framework
  if (/^([pP]ython|pypy)(w|\d+(\.\d+)?t?)?$/.test(name)) return 'python'
  // npm puts `bun.exe` and `bunx.exe` on every system
  if (/^bunx?(\.exe)?$/.test(name)) return 'bun'
  if (name === 'deno') return 'deno'
  return null
}

/** Reads `argv` (argv[0] included) of a process running `interpreter`; an inline program, and a script that is only looked at, is neither script nor module. */
export function readInterpreterCall(
  interpreter: Interpreter,
  given: readonly string[],
): InterpreterCall {
  const argv = interpreter === 'python' ? withoutDebugger(given) : given
  const hasRun = interpreter === 'bun' || interpreter === 'deno'
  let ranAlready = !hasRun
  for (let index = 1; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (interpreter === 'python' && (argument === '-m' || /^-[bBdEiIOPqsSuvx]+m$/.test(argument)))
      return call(interpreter, null, argv[index + 1] ?? null, argv.slice(index + 2))
    if (isInlineProgram(interpreter, argument)) return call(interpreter, null, null, [])
    if (argument === '--')
      return call(interpreter, argv[index + 1] ?? null, null, argv.slice(index + 2))
    if (!ranAlready && (argument === 'run' || (interpreter === 'deno' && argument === 'x')))
      ranAlready = true
    else if (!argument.startsWith('-') || argument === '-')
      return call(interpreter, argument === '-' ? null : argument, null, argv.slice(index + 1))
    else if (VALUE_OPTIONS[interpreter].has(argument)) index += 1
  }
  return call(interpreter, null, null, [])
}

/** `python …/debugpy --connect X server.py`: an editor's debugger runs the script in its own process. */
function withoutDebugger(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => !word.startsWith('-') && word !== argv[0])
  if (at < 0 || !/(^|\/)debugpy(\/adapter|\/launcher)?$/.test(argv[at] ?? '')) return argv
  let next = at + 1
  while (/^--(?!$)/.test(argv[next] ?? '')) next += argv[next] === '--wait-for-client' ? 1 : 2
  return [argv[0] ?? '', ...argv.slice(next)]
}

function isInlineProgram(interpreter: Interpreter, argument: string): boolean {
  switch (interpreter) {
    case 'python':
      return argument === '-c'
    case 'deno':
      return false
    case 'bun':
      return ['-e', '--eval', '-p', '--print'].includes(argument)
    case 'node':
      // --check reads the script and runs nothing
      return /^-(e|p|pe|i|c|-eval|-print|-interactive|-check|-test)$/.test(argument)
  }
}

function call(
  interpreter: Interpreter,
  script: string | null,
  module: string | null,
  rest: readonly string[],
): InterpreterCall {
  return { interpreter, script, module, rest }
}
