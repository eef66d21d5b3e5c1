/** The process table by ps, for systems without /proc: arguments come joined, descriptors are not told. */
import type { ProcessDescriptor } from 'ps-list'
import { McpWatchError } from '../../shared/errors.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Clock, Packages, ProcessSource } from '../ports.ts'
import { resolveScript } from './script.ts'

export interface PsSourceDeps {
  readonly psList: () => Promise<readonly ProcessDescriptor[]>
  readonly clock: Clock
  readonly packages: Packages
  /** The daemon's user; with 0 every process counts as readable. */
  readonly ownUid: number
  /** macOS: `comm` is the path that was executed, not a name that the process chose (ps(1)). */
  readonly commIsPath?: boolean
}

/** ps does not tell which boot it was: pids and start times of two boots differ by their wall time. */
const BOOT_ID = 'ps'
const TICKS_PER_SECOND = 100
/** procps works out start times from the age and is off by a second now and then. */
const START_TOLERANCE_TICKS = TICKS_PER_SECOND

/** What is remembered of a pid: the process, and the line it was made from. */
interface Known {
  readonly process: Process
  readonly path: string | null
  readonly command: string
}

/** `sample` rejects with McpWatchError when ps cannot be run. */
export function createPsSource(deps: PsSourceDeps): ProcessSource {
  let known: ReadonlyMap<number, Known> = new Map()
  return {
    method: 'ps',
    async sample() {
      const rows = await listRows(deps.psList)
      const at = deps.clock.wallMs()
      const next = new Map<number, Known>()
      for (const row of rows) {
        if (!Number.isSafeInteger(row.pid) || row.pid < 1) continue
        next.set(row.pid, recognise(deps, row, known.get(row.pid), at))
      }
      known = next
      const processes = new Map([...next].map(([pid, entry]) => [pid, entry.process]))
      return { at, processes }
    },
    // One run of ps takes longer than what events tell of lives.
    see: () => [],
  }
}

async function listRows(psList: PsSourceDeps['psList']): Promise<readonly ProcessDescriptor[]> {
  try {
    return await psList()
  } catch (cause) {
    throw new McpWatchError('TOOL_FAILED', 'The processes of this machine cannot be listed.', {
      hint: 'Check that `ps` can be run.',
      cause,
    })
  }
}

function recognise(
  deps: PsSourceDeps,
  row: ProcessDescriptor,
  last: Known | undefined,
  at: number,
): Known {
  const path = executablePath(deps, row)
  const command = row.cmd ?? ''
  const ticks = startTicks(row)
  if (last === undefined || !isSameStart(last.process.startTicks, ticks))
    return { path, command, process: describe(deps, row, path, ticks, 0, at) }
  const { process } = last
  const executed =
    path === null || last.path === null
      ? command !== last.command
      : path !== last.path || (command !== last.command && invokes(command, path))
  if (executed) {
    const renewed = describe(deps, row, path, process.startTicks, process.epoch + 1, at)
    return { path, command, process: renewed }
  }
  if (process.ppid === row.ppid) return last
  return { path, command, process: { ...process, ppid: row.ppid } }
}

/** `node x.js` under the image `…/node` reads like an exec, `npm exec x` like a title that it gave itself. */
function invokes(command: string, path: string): boolean {
  const first = command.split(' ', 1)[0] ?? ''
  return baseName(first) === baseName(path) || command.startsWith(`${path} `)
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function isSameStart(one: number, other: number): boolean {
  return Math.abs(one - other) <= START_TOLERANCE_TICKS
}

function startTicks(row: ProcessDescriptor): number {
  const milliseconds = row.startTime?.getTime() ?? 0
  return Math.floor(milliseconds / 1000) * TICKS_PER_SECOND
}

/** ps-list guesses the path from the command line where it cannot ask the system. */
function executablePath(deps: PsSourceDeps, row: ProcessDescriptor): string | null {
  if (deps.commIsPath === true && row.name.startsWith('/')) return row.name
  return row.path?.startsWith('/') === true ? row.path : null
}

function describe(
  deps: PsSourceDeps,
  row: ProcessDescriptor,
  executable: string | null,
  ticks: number,
  epoch: number,
  at: number,
): Process {
  const argv = row.cmd === undefined || row.cmd === '' ? [] : [row.cmd]
  const readable = deps.ownUid === 0 || row.uid === deps.ownUid
  const question = { argv, form: 'joined', executable, cwd: null } as const
  return {
    key: `${BOOT_ID}:${row.pid}:${ticks}:${epoch}` as ProcessKey,
    bootId: BOOT_ID,
    pid: row.pid,
    ppid: row.ppid,
    pgid: null,
    sid: null,
    uid: row.uid ?? -1,
    startTicks: ticks,
    epoch,
    startedAt: ticks === 0 ? at : (ticks / TICKS_PER_SECOND) * 1000,
    executable,
    comm: row.name,
    argv,
    argvForm: 'joined',
    argvBytes: null,
    cwd: null,
    script: readable ? resolveScript(question, deps.packages) : null,
    stdin: 'unknown',
    stdout: 'unknown',
    netns: null,
    readable,
    cgroup: null,
  }
}
