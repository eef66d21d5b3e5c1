/** One shape for every way to start a server, for configured command lines and running ones alike. Pure. */
import { basename } from '../text/basename.ts'
import { type ImageCall, readImageCall } from './container.ts'
import { type Interpreter, interpreterOf, readInterpreterCall } from './interpreter.ts'
import { type PackageCall, readPackageCall } from './package-runner.ts'
import { readNpmSpec } from './package-spec.ts'
import { type Position, unwrap } from './unwrap.ts'

/** What a command line runs in the end. `args` are the arguments of that, without those of launchers. */
export type Core =
  | ({ readonly kind: 'package' } & PackageCall)
  | ({ readonly kind: 'image' } & ImageCall)
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
  readonly directory: string | null
}

/** Normalises a command line; null for an empty one. Total: whatever is not understood is a binary with arguments. */
export function readInvocation(given: readonly string[]): Invocation | null {
  const { wrappers, argv, directory } = unwrap(throughShellFile(given))
  if (argv.length === 0 || argv[0] === '') return null
  return { wrappers, core: readCore(argv), argv, directory }
}

/** Whether the process that runs this command line only starts the server, being none itself. */
export function isLauncher(invocation: Invocation): boolean {
  if (invocation.wrappers.length > 0) return true
  const { core } = invocation
  return core.kind === 'image' || (core.kind === 'package' && core.manager !== 'deno')
}

/** The same, but for what the client or the kernel puts in front: whether the configured command is a launcher. */
export function startsLauncher({ wrappers, ...invocation }: Invocation): boolean {
  const configured = wrappers.filter((wrapper) => wrapper !== 'helper' && wrapper !== 'replaces')
  return isLauncher({ ...invocation, wrappers: configured })
}

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh'])

/** `bash /opt/app/bin/npx …`: the kernel's way to run a shell script (execve(2), interpreter scripts). */
function throughShellFile(argv: readonly string[]): readonly string[] {
  const script = argv[1]
  if (script === undefined || !SHELLS.has(basename(argv[0] ?? ''))) return argv
  return /^[-+]/.test(script) ? argv : argv.slice(1)
}

function readCore(argv: readonly string[]): Core {
  const name = basename(argv[0] ?? '')
  const tool = readTool([name, ...argv.slice(1)])
  if (tool !== null) return tool
  const interpreter = interpreterOf(name)
  if (interpreter !== null) {
    const call = readInterpreterCall(interpreter, argv)
    const { script, module, rest } = call
    if (module !== null)
      return readModuleTool(module, rest) ?? { kind: 'module', interpreter, module, args: rest }
    if (script !== null) {
      if (interpreter === 'deno' && /^(npm|jsr):/.test(script)) return denoPackage(script, rest)
      const runner = readTool([toolOfScript(basename(script)), ...rest])
      return runner ?? { kind: 'script', interpreter, script, args: rest }
    }
  }
  return { kind: 'binary', path: argv[0] ?? '', args: argv.slice(1) }
}

function readTool(argv: readonly string[]): Core | null {
  const packageCall = readPackageCall(argv)
  if (packageCall !== null)
    return 'text' in packageCall ? null : { kind: 'package', ...packageCall }
  const image = readImageCall(argv)
  return image === null ? null : { kind: 'image', ...image }
}

function readModuleTool(module: string, rest: readonly string[]): Core | null {
  return module === 'pipx' || module === 'uv' ? readTool([module, ...rest]) : null
}

function denoPackage(script: string, args: readonly string[]): Core {
  const spec = readNpmSpec(script)
  return { kind: 'package', ecosystem: 'npm', manager: 'deno', spec, bin: null, args }
}

/** Package managers are scripts themselves: `node …/bin/npx-cli.js` is npx. */
function toolOfScript(name: string): string {
  const stem = name.replace(/\.[cm]?js$/, '').replace(/-cli$/, '')
  return /^yarn-\d/.test(stem) ? 'yarn' : stem
}
