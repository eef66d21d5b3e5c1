/** Tools that are scripts themselves: `node …/bin/npx-cli.js` is npx, `python3 /usr/bin/poetry` is poetry. Pure. */
import { basename } from '../text/basename.ts'
import { type Interpreter, interpreterOf, readInterpreterCall } from './interpreter.ts'

const NODE_TOOLS = new Set([
  'npx', 'npm', 'pnpm', 'pnpx', 'yarn', 'yarnpkg', 'corepack', 'tsx', 'nodemon', 'cross-env', 'dotenv', 'dotenvx', 'env-cmd',
]) // biome-ignore format: a list
const PYTHON_TOOLS = new Set([
  'pipx', 'uv', 'uvx', 'poetry', 'hatch', 'pdm', 'pipenv', 'conda', 'mamba',
]) // biome-ignore format: a list
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh'])

/**
 * The same command line as if the tool were a program of its own: an interpreter in front of a tool's script is taken
 * off, and so is the shell in front of a script file, which is how the kernel runs one (execve(2), interpreter scripts).
 */
export function asTool(argv: readonly string[]): readonly string[] {
  const name = basename(argv[0] ?? '')
  if (SHELLS.has(name)) return throughShellFile(argv)
  const interpreter = interpreterOf(name)
  if (interpreter === null) return argv
  if (interpreter === 'python' && argv[1] === '-c') return poetryScript(argv[2] ?? '') ?? argv
  const { script, module, rest } = readInterpreterCall(interpreter, argv)
  const tool = toolOf(interpreter, script, module)
  return tool === null ? argv : [tool, ...rest]
}

const POETRY =
  /^import sys; from importlib import import_module; sys\.argv = \[(.*)\]; sys\.exit\(import_module\('[\w.]+'\)\.[\w.]+\(\)\)$/s
const PYTHON_STRING = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")(?:, |$)/s

/** `poetry run NAME` of a script that the project declares: what poetry has Python do, as `python NAME args`. */
function poetryScript(program: string): readonly string[] | null {
  let list = POETRY.exec(program)?.[1] ?? ''
  const words: string[] = []
  while (list !== '') {
    const found = PYTHON_STRING.exec(list)
    if (found === null) return null
    words.push((found[1] ?? found[2] ?? '').replace(/\\(.)/gs, '$1'))
    list = list.slice(found[0].length)
  }
  return words.length === 0 ? null : ['python', ...words]
}

function throughShellFile(argv: readonly string[]): readonly string[] {
  // `bash -e /opt/app/bin/npx`: what stands behind `#!` has one word of options at most
  const at = /^-[eulixnv]+$/.test(argv[1] ?? '') ? 2 : 1
  const script = argv[at]
  return script === undefined || /^[-+]/.test(script) ? argv : argv.slice(at)
}

function toolOf(
  interpreter: Interpreter,
  script: string | null,
  module: string | null,
): string | null {
  if (interpreter === 'python') {
    const name = module ?? basename(script ?? '')
    return PYTHON_TOOLS.has(name) ? name : null
  }
  if (script === null) return null
  const name = /\/tsx\/dist\/cli\.[cm]js$/.test(script) ? 'tsx' : stemOf(basename(script))
  return NODE_TOOLS.has(name) ? (name === 'yarnpkg' ? 'yarn' : name) : null
}

function stemOf(name: string): string {
  const stem = name.replace(/\.[cm]?js$/, '').replace(/-cli$/, '')
  return /^yarn-\d/.test(stem) ? 'yarn' : stem
}
