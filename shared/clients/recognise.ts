/** Tells whether a process is a known client. Pure. */
import { interpreterOf, readInterpreterCall } from '../argv/interpreter.ts'
import type { Process } from '../model/process.ts'
import { basename } from '../text/basename.ts'
import type { ClientRow } from './row.ts'
import { CLIENTS } from './table.ts'

/**
 * The id of the client that `process` is, or null. Evidence in this order: the executable's path, the package of the
 * script that an interpreter runs, or the tool's environment that it is in, the module that Python was told to run, and
 * argv[0] — this one only where the executable is not known, or is an interpreter of a client that renames its own
 * process: arguments are the process' own to forge.
 */
export function recogniseClient(
  process: Process,
  clients: readonly ClientRow[] = CLIENTS,
): string | null {
  const signs = clients === CLIENTS ? SIGNS : signsOf(clients)
  const row = clients[firstRow(process, signs)]
  return row === undefined || runsAsServer(process, row) ? null : row.id
}

/** What each client is known by, with its place in the table: asked of every process, for some eighty clients. */
interface Signs {
  readonly executables: ReadonlyMap<string, number>
  readonly packages: ReadonlyMap<string, number>
  readonly pythonTools: ReadonlyMap<string, number>
  readonly modules: ReadonlyMap<string, number>
  readonly titles: ReadonlyMap<string, number>
  readonly paths: readonly (readonly [part: string, place: number])[]
}

const SIGNS = signsOf(CLIENTS)
const NOWHERE = Number.POSITIVE_INFINITY
/** Each tool has an environment of its own, called as its package. */
const PYTHON_TOOL = /\/(?:uv\/tools|pipx\/venvs)\/([^/]+)\/bin\/[^/]+$/

function signsOf(clients: readonly ClientRow[]): Signs {
  const places = (words: (running: ClientRow['running']) => readonly string[]) =>
    clients.flatMap(({ running }, place) => words(running).map((word) => [word, place] as const))
  // Of one that several have the first in the table counts.
  const index = (words: (running: ClientRow['running']) => readonly string[]) =>
    new Map(places(words).toReversed())
  return {
    executables: index(({ executables }) => executables),
    packages: index(({ packages }) => packages),
    pythonTools: index(({ pythonTools }) => pythonTools),
    modules: index(({ modules }) => modules),
    titles: index(({ titles }) => titles),
    paths: places(({ paths }) => paths),
  }
}

/** The place of the first client that any evidence is for. */
function firstRow(process: Process, signs: Signs): number {
  const { executable, script } = process
  let place = NOWHERE
  if (executable !== null) {
    // proc(5): the link of a replaced image ends in " (deleted)"; clients update themselves while they run.
    const path = executable.replace(/ \(deleted\)$/, '')
    place = byProgram(path, signs)
    if (interpreterOf(path) === null) return place
  }
  if (script?.package?.ecosystem === 'npm')
    place = Math.min(place, signs.packages.get(script.package.name) ?? NOWHERE)
  const tool = PYTHON_TOOL.exec(script?.realPath ?? '')?.[1]
  if (tool !== undefined) place = Math.min(place, signs.pythonTools.get(tool) ?? NOWHERE)
  place = Math.min(place, signs.modules.get(pythonPackage(process) ?? '') ?? NOWHERE)
  const first = process.argv[0] ?? ''
  if (process.argvForm === 'rewritten')
    return Math.min(place, signs.titles.get(first.trim().split(' ')[0] ?? '') ?? NOWHERE)
  if (executable !== null) return place
  return Math.min(
    place,
    process.argvForm === 'joined'
      ? byCommandLine(process.argv.join(' '), signs)
      : byProgram(first, signs),
  )
}

/** The package whose module Python was told to run: `hermes_cli` of `-m hermes_cli.main`. */
function pythonPackage({ executable, argv, argvForm }: Process): string | null {
  if (argvForm === 'rewritten' || interpreterOf(executable ?? argv[0] ?? '') !== 'python')
    return null
  const words = argvForm === 'given' ? argv : argv.join(' ').split(' ')
  return readInterpreterCall('python', words).module?.split('.')[0] ?? null
}

function byProgram(path: string, { executables, paths }: Signs): number {
  let place = executables.get(basename(path)) ?? NOWHERE
  for (const [part, at] of paths) if (at < place && path.includes(part)) place = at
  return place
}

/** A joined command line has lost where its first word ends: paths of applications hold spaces. */
function byCommandLine(line: string, { executables, paths }: Signs): number {
  let place = executables.get(basename(line.split(' ')[0] ?? '')) ?? NOWHERE
  if (!line.startsWith('/')) return place
  for (const [part, at] of paths) {
    const begins = at < place ? line.indexOf(part) : -1
    if (begins >= 0 && !/ [-/]/.test(line.slice(0, begins))) place = at
  }
  return place
}

/** `codex mcp-server` is a server like any other, not a client that its own tree ends at. */
function runsAsServer(process: Process, { running }: ClientRow): boolean {
  const words = process.argvForm === 'given' ? process.argv : process.argv.join(' ').split(' ')
  return running.asServer.some((mode) =>
    [1, 2].some((start) => mode.every((word, index) => words[start + index] === word)),
  )
}
