/** Asks the npm of this machine for its registries and proxies, without letting it send or write anything. */
import { constants } from 'node:fs'
import { access, open, realpath } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import type { RunTool } from '../capture/run-tool.ts'
import {
  parseNpmAnswer,
  parseNpmrc,
  settingsOfEnv,
  type Target,
  targetsOf,
} from './npm-settings.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface AskNpmDeps {
  readonly runTool: RunTool
  readonly findTool: (name: string, directories?: readonly string[]) => string | null
  readonly env: Env
  readonly home: string
  /** The Node that runs us; npm is usually beside it. */
  readonly execPath: string
}

const TIMEOUT_MS = 15_000
const MAX_BYTES = 4 * 1024 * 1024
const MAX_NPMRC_BYTES = 256 * 1024
const MAX_PARENTS = 32

/**
 * `update-notifier` would ask the registry for a newer npm, `logs-max=0` keeps it from writing a log file. npm runs
 * no script of the folder it is in for this.
 */
const ARGS = [
  'config',
  'list',
  '--json',
  '--no-update-notifier',
  '--offline',
  '--logs-max=0',
  '--loglevel=silent',
]

/** Settings of npm in the folder `cwd`, whose own .npmrc counts; null when npm is not there or did not answer. */
export async function askNpm(deps: AskNpmDeps, cwd: string): Promise<readonly Target[] | null> {
  const command = await npmCommand(deps)
  if (command === null) return null
  const folder = (await isFolder(cwd)) ? cwd : deps.home
  const result = await deps.runTool(command.path, [...command.args, ...ARGS], {
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    env: environment(deps),
    cwd: folder,
  })
  if (result.timedOut || result.truncated) return null
  const answer = parseNpmAnswer(result.stdout)
  if (answer === null) return null
  const proxies = targetsOf(settingsOfEnv(deps.env)).filter(({ kind }) => kind === 'proxy')
  if (!answer.heldBack) return [...answer.targets, ...proxies]
  const read = await readFiles([await projectFile(folder), ...answer.files], deps.env)
  return [...answer.targets, ...targetsOf(settingsOfEnv(deps.env)), ...read]
}

/** The npm beside our own Node, else one of an absolute PATH entry, else the system's. Never one a server names. */
async function npmCommand(
  deps: AskNpmDeps,
): Promise<{ path: string; args: readonly string[] } | null> {
  const folders = (deps.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  const npm = deps.findTool('npm', [dirname(deps.execPath), ...folders]) ?? deps.findTool('npm')
  if (npm === null) return null
  const script = await realpath(npm).catch(() => npm)
  // Run by our own Node where it is a script: `#!/usr/bin/env node` would take whatever PATH has.
  return script.endsWith('.js') ? { path: deps.execPath, args: [script] } : { path: npm, args: [] }
}

function environment({ env, home }: AskNpmDeps): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: 'C', HOME: home }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (name === 'PATH' || /^npm_config_/i.test(name))) kept[name] = value
  }
  return kept
}

/** The project's .npmrc is the one beside the nearest package.json or node_modules upwards, else of the folder itself. */
async function projectFile(folder: string): Promise<string> {
  let current = folder
  for (let depth = 0; depth < MAX_PARENTS; depth += 1) {
    for (const mark of ['package.json', 'node_modules']) {
      const isProject = await access(join(current, mark)).then(
        () => true,
        () => false,
      )
      if (isProject) return join(current, '.npmrc')
    }
    const parent = dirname(current)
    if (parent === current) break
    current = parent
  }
  return join(folder, '.npmrc')
}

async function readFiles(files: readonly string[], env: Env): Promise<readonly Target[]> {
  const texts = await Promise.all([...new Set(files)].filter(isAbsolute).map(readStart))
  return texts.flatMap((text) => targetsOf(parseNpmrc(text, env)))
}

/** The file's first part, or nothing: one that cannot be read sets nothing for npm either. */
async function readStart(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_NPMRC_BYTES))
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch {
    return ''
  }
}

async function isFolder(path: string): Promise<boolean> {
  if (!isAbsolute(path)) return false
  return await access(path, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
