/** What `mcp-watch service` has to know of this machine and do on it; the part of it that is the daemon's knowledge. */
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { pathVariables } from '../shared/clients/paths.ts'
import { VERSION } from '../shared/version.ts'
import { findTool, runTool, runToolAs, type ToolResult } from './capture/run-tool.ts'
import { thisMachine } from './compose.ts'
import { type LogLine, parseLog } from './doctor/log-tail.ts'
import { readEnd } from './doctor/read-part.ts'
import { modulesOf } from './doctor/service.ts'
import { asUserNow } from './host/as-user.ts'
import type { Machine } from './machine.ts'
import { loadNative } from './native/load.ts'
import { policyPath } from './policy/place.ts'
import { socketPlaceOf } from './socket-place.ts'

export interface ServiceHost {
  readonly platform: 'linux' | 'darwin'
  /** Whose clients are watched: under sudo who typed it. */
  readonly user: { readonly uid: number; readonly name: string; readonly home: string }
  readonly isRoot: boolean
  /** Root on behalf of the user. */
  readonly isSudo: boolean
  readonly program: { readonly version: string; readonly node: string; readonly modules: string }
  /** By the variable that names it, as the daemon of this user would take it: absolute folders and nothing else. */
  readonly environment: Readonly<Record<string, string>>
  readonly folders: {
    readonly state: string
    readonly config: string
    readonly policyFile: string
  }
  /** The folder for temporary files where the API's socket has to be in it, else null. */
  readonly sharedTmp: string | null
  /** Whether a daemon here could tell its service manager that it is well. */
  canNotify(): Promise<boolean>
  /** Null when there is no such program. Never rejects for what the program does. */
  run(argv: readonly [string, ...string[]], as: 'user' | 'self'): Promise<ToolResult | null>
  /** The ABI of a Node (`process.versions.modules`); null when it cannot be run. */
  modulesOf(node: string): Promise<string | null>
  /** The end of the daemon's log, parsed; the oldest first. */
  logLines(): readonly LogLine[]
  /** Does something in a folder of the user's as that user. */
  asOwner<T>(work: () => T): T
}

/** systemctl waits until the daemon is ready, or has failed. */
const PATIENCE_MS = 60_000

export function serviceHost(): ServiceHost {
  const machine = thisMachine()
  const { platform, env, folders, owner } = machine
  const uid = owner?.uid ?? machine.uid
  const policyFile = policyPath(env, folders.home)
  const config = dirname(dirname(policyFile))
  const sharedTmp = sharedTmpOf(machine)
  return {
    platform,
    user: { uid, name: owner?.name ?? ownName(uid), home: folders.home },
    isRoot: machine.uid === 0,
    isSudo: owner !== null,
    program: { version: VERSION, node: process.execPath, modules: process.versions.modules },
    environment: {
      ...folderVariables(machine),
      XDG_CONFIG_HOME: config,
      XDG_STATE_HOME: dirname(folders.state),
      ...(sharedTmp === null ? {} : { TMPDIR: sharedTmp }),
    },
    folders: { state: folders.state, config, policyFile },
    sharedTmp,
    canNotify: async () => (await loadNative()).ok,
    run: (argv, as) => run(machine, argv, as),
    // What a user's file names must not be run as root.
    modulesOf: (node) => modulesOf(node, runToolAs(owner)),
    logLines: () => parseLog(asUserNow(owner, () => readEnd(join(folders.state, 'log'))) ?? ''),
    asOwner: (work) => asUserNow(owner, work),
  }
}

/** The variables by which clients and this program are told of other folders; of the environment nothing else is kept. */
function folderVariables({ env, platform }: Machine): Record<string, string> {
  const names = new Set([...pathVariables(), 'XDG_DATA_HOME', 'XDG_CACHE_HOME'])
  // On Linux the service manager sets it, to the folder of the session that is.
  if (platform === 'darwin') names.add('XDG_RUNTIME_DIR')
  const kept: Record<string, string> = {}
  for (const name of names) {
    const value = env[name]
    if (value?.startsWith('/') === true) kept[name] = value
  }
  return kept
}

function sharedTmpOf(machine: Machine): string | null {
  const { folder, candidates } = socketPlaceOf(machine)
  const { runtimeFolder, stateFolder, temporaryFolder } = candidates
  const isElsewhere = folder !== stateFolder && folder !== join(runtimeFolder ?? '', 'mcp-watch')
  return isElsewhere ? temporaryFolder : null
}

function ownName(uid: number): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an entry, as in many containers.
    return String(uid)
  }
}

async function run(
  { env, owner, folders, uid }: Machine,
  argv: readonly [string, ...string[]],
  as: 'user' | 'self',
): Promise<ToolResult | null> {
  const [name, ...args] = argv
  const tool = findTool(name)
  if (tool === null) return null
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${owner?.uid ?? uid}`
  const bus = owner === null ? env['DBUS_SESSION_BUS_ADDRESS'] : undefined
  const options = {
    timeoutMs: PATIENCE_MS,
    env: {
      LC_ALL: 'C',
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: folders.home,
      // systemctl --user finds its manager by it; a shell by su(1) has none.
      XDG_RUNTIME_DIR: runtime,
      ...(bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus }),
    },
  }
  // A user's manager answers that user alone.
  return await (as === 'user' ? runToolAs(owner) : runTool)(tool, args, options)
}
