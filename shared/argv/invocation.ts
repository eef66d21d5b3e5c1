/** One shape for every way to start a server, for configured command lines and running ones alike. Pure. */
import { basename } from '../text/basename.ts'
import { type ImageCall, readImageCall } from './container.ts'
import { type Interpreter, interpreterOf, readInterpreterCall } from './interpreter.ts'
import { type PackageCall, readPackageCall } from './package-runner.ts'
import { readNpmSpec } from './package-spec.ts'
import { readTaskCall, type TaskCall } from './task.ts'
import { isToolName } from './tool-names.ts'
import { type Position, unwrap } from './unwrap.ts'

/** What a command line runs. `args` are the arguments of that, without those of launchers. */
export type Core =
  | ({ readonly kind: 'package' } & PackageCall)
  | ({ readonly kind: 'image' } & ImageCall)
  | ({ readonly kind: 'task' } & Omit<TaskCall, 'directory'>)
  | {
      readonly kind: 'script'
      readonly interpreter: Interpreter
      readonly script: string
      readonly args: readonly string[]
    }
  | {
      readonly kind: 'module'
      readonly interpreter: Interpreter
      readonly module: string
      readonly args: readonly string[]
    }
  | { readonly kind: 'binary'; readonly path: string; readonly args: readonly string[] }

export interface Invocation {
  readonly wrappers: readonly Position[]
  readonly core: Core
  /** The command line without wrappers. */
  readonly argv: readonly string[]
  /** The folder that wrappers change to, as written. */
  readonly directory: string | null
  /** npm's own command line, where it runs on the way: it overwrites its arguments with a title. */
  readonly npm: readonly string[] | null
  /** It runs in a project, whose own programs are in PATH then. */
  readonly inProject: boolean
}

/** Normalises a command line; null for an empty one. Total: whatever is not understood is a binary with arguments. */
export function readInvocation(given: readonly string[]): Invocation | null {
  // most processes are plain programs, and every one of them is read
  const [first = '', ...rest] = given
  if (first === '') return null
  if (!isToolName(basename(first))) {
    const core = { kind: 'binary', path: first, args: rest } as const
    return { wrappers: [], core, argv: given, directory: null, npm: null, inProject: false }
  }
  const { wrappers, argv, directory, npm, inProject } = unwrap(given)
  if (argv.length === 0 || argv[0] === '') return null
  const task = readTaskCall([basename(argv[0] ?? ''), ...argv.slice(1)])
  const core = task === null ? readCore(argv) : taskCore(task)
  return {
    wrappers,
    core,
    argv,
    directory: task?.directory ?? directory,
    inProject,
    npm: npm ?? ('manager' in core && core.manager === 'npm' ? argv : null),
  }
}

/** Whether the process that runs this command line only starts the server, being none itself. */
export function isLauncher({ wrappers, core }: Pick<Invocation, 'wrappers' | 'core'>): boolean {
  if (wrappers.length > 0) return true
  if (core.kind === 'image' || core.kind === 'task') return true
  return core.kind === 'package' && core.manager !== 'deno'
}

/** The same, but for what the client or the kernel puts in front: whether the configured command is a launcher. */
export function startsLauncher({ wrappers, core }: Invocation): boolean {
  const configured = wrappers.filter((wrapper) => wrapper !== 'helper' && wrapper !== 'replaces')
  return isLauncher({ core, wrappers: configured })
}

function taskCore({ manager, task, args }: TaskCall): Core {
  return { kind: 'task', manager, task, args }
}

function readCore(argv: readonly string[]): Core {
  const name = basename(argv[0] ?? '')
  const words = [name, ...argv.slice(1)]
  const packageCall = readPackageCall(words)
  if (packageCall !== null && !('text' in packageCall)) return { kind: 'package', ...packageCall }
  const image = readImageCall(words)
  if (image !== null) return { kind: 'image', ...image }
  const interpreter = interpreterOf(name)
  if (interpreter !== null) {
    const { script, module, rest } = readInterpreterCall(interpreter, argv)
    if (module !== null) return { kind: 'module', interpreter, module, args: rest }
    if (script !== null && interpreter === 'deno' && /^(npm|jsr):/.test(script))
      return denoPackage(script, rest)
    if (script !== null) return { kind: 'script', interpreter, script, args: rest }
  }
  return { kind: 'binary', path: argv[0] ?? '', args: argv.slice(1) }
}

/** `npm:@scope/name@1.2/program`: deno runs it in its own process. */
function denoPackage(script: string, args: readonly string[]): Core {
  const parts = /^(?:npm|jsr):\/?((?:@[^/]*\/)?[^/]*)(?:\/(.+))?$/s.exec(script)
  const spec = readNpmSpec(parts?.[1] ?? script)
  const bin = parts?.[2] ?? null
  return { kind: 'package', ecosystem: 'npm', manager: 'deno', spec, others: [], bin, args }
}
