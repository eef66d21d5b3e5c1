/** `npm run start` and its kin: a named task of a project, whose command line is in the project's own files. Pure. */
import { type OptionRules, optionValue, scanOptions, valueOptions } from './options.ts'
import { NPM } from './package-runner.ts'

/** `directory` is where the project is, as far as the command line says. */
export interface TaskCall {
  readonly manager: string
  readonly task: string
  readonly args: readonly string[]
  readonly directory: string | null
}

const BUN = valueOptions(
  '--cwd',
  '-c',
  '--config',
  '--env-file',
  '--filter',
  '-F',
  '-r',
  '--preload',
  '--shell',
)
const DENO = valueOptions('--cwd', '-c', '--config', '-f', '--filter', '-L', '--log-level')
const MISE = valueOptions(
  '-C',
  '--cd',
  '-E',
  '--env',
  '-j',
  '--jobs',
  '-o',
  '--output',
  '-t',
  '--tool',
)

/** Subcommands that run the task after them. */
const RUN: ReadonlyMap<string, readonly string[]> = new Map([
  ['npm', ['run', 'run-script', 'rum', 'urn']],
  ['pnpm', ['run', 'run-script']],
  ['yarn', ['run']],
  ['bun', ['run']],
  ['deno', ['task']],
  ['mise', ['run', 'r']],
])

/** npm knows these tasks without `run`; pnpm and yarn take any name for a task that is no command of theirs. */
const TASKS = new Set(['start', 'stop', 'restart', 'test'])
const COMMANDS = new Set(['dlx', 'exec', 'node', 'create'])

/** Reads `argv` (argv[0] the tool's base name); null when it runs no task. */
export function readTaskCall(argv: readonly string[]): TaskCall | null {
  const manager = argv[0] ?? ''
  const run = RUN.get(manager)
  if (run === undefined) return null
  const rules = rulesOf(manager)
  const outer = scanOptions(argv, 1, rules)
  const [first] = outer.rest
  if (first === undefined) return null
  const inner = scanOptions(outer.rest, 1, rules)
  const words = run.includes(first) ? inner.rest : isTask(manager, first) ? outer.rest : []
  const [task, ...rest] = words
  if (task === undefined || (manager === 'bun' && isFile(task))) return null
  const args = rest[0] === '--' ? rest.slice(1) : rest
  const all = { ...inner, all: [...outer.all, ...inner.all] }
  const directory = optionValue(all, '--prefix', '-C', '--dir', '--cwd', '--cd')
  return { manager, task, args, directory }
}

function isTask(manager: string, word: string): boolean {
  if (manager === 'npm') return TASKS.has(word)
  return (manager === 'pnpm' || manager === 'yarn') && !COMMANDS.has(word)
}

function rulesOf(manager: string): OptionRules {
  if (manager === 'bun') return BUN
  if (manager === 'deno') return DENO
  return manager === 'mise' ? MISE : NPM
}

/** `bun run` takes the name of a task, and a file as well. */
function isFile(word: string): boolean {
  return word.includes('/') || /\.[cm]?[jt]sx?$/.test(word)
}
