/** The composition root: the only place that asks which system this is and picks adapters. */
import { lookup } from 'node:dns/promises'
import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import psList from 'ps-list'
import { recogniseClient } from '../shared/clients/recognise.ts'
import { McpWatchError } from '../shared/errors.ts'
import type { EngineName, ToolName } from '../shared/model/observation.ts'
import type { Notifier } from './alert/notification.ts'
import { createNotifier, silentNotifier } from './alert/notifier.ts'
import type { MuteRequest } from './alert/notify-send.ts'
import { chooseEngines } from './capture/choose.ts'
import { createLadder, type Rung } from './capture/ladder.ts'
import { createListenerOwners } from './capture/listener-owners.ts'
import { createLsofEngine } from './capture/lsof/engine.ts'
import { createLsofListenerOwners } from './capture/lsof/listener-owners.ts'
import { findTool, runTool, runToolAs } from './capture/run-tool.ts'
import { openSockDiag } from './capture/sock-diag/open.ts'
import { createSsEngine } from './capture/ss/engine.ts'
import { createDiscoverer } from './discover/discoverer.ts'
import { createHostFacts } from './host/facts.ts'
import { type Folders, foldersOf } from './host/folders.ts'
import { keyedDigest } from './host/salt.ts'
import { thisWorld, type User, type World } from './host/world.ts'
import { createHostBook } from './names/host-book.ts'
import { createHostResolver } from './names/host-book-resolver.ts'
import { createRegistrySource } from './names/registry-source.ts'
import type { Loaded } from './native/load.ts'
import type { PipelinePorts } from './pipeline.ts'
import { policyPath } from './policy/place.ts'
import { createPolicyFile } from './policy/policy-file.ts'
import type {
  CaptureEngine,
  Clock,
  ListenerOwners,
  Log,
  Packages,
  PolicySource,
  ProcessSource,
} from './ports.ts'
import { createPackages } from './processes/packages.ts'
import { createProcSource } from './processes/proc-source.ts'
import { createPsSource } from './processes/ps-source.ts'
import { onlyBelow, type Sandbox } from './sandbox.ts'
import { policySource } from './tick/policy-source.ts'

/** What is asked of this machine once, at the start. */
export interface Machine {
  readonly platform: 'linux' | 'darwin'
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly folders: Folders
  /** Set under sudo: the user whose files the daemon's are. */
  readonly owner: User | null
  /** What to tell of whose clients are watched, or null. */
  readonly notice: string | null
  /** Only what is configured in the home folder counts. */
  readonly sandboxed: boolean
  readonly clock: Clock
}

export function thisMachine(sandbox?: Sandbox): Machine {
  const world: World =
    sandbox === undefined ? thisWorld() : { ...sandbox, owner: null, notice: null }
  const { env, home, owner, notice } = world
  return {
    platform: process.platform === 'darwin' ? 'darwin' : 'linux',
    env,
    uid: process.geteuid?.() ?? 0,
    folders: foldersOf(env, home),
    owner,
    notice,
    sandboxed: sandbox !== undefined,
    clock: {
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      bootMs: () => (process.platform === 'linux' ? uptime() * 1000 : null),
    },
  }
}

export interface Wishes {
  /** Null leaves the choice to the ladder. */
  readonly engine: EngineName | null
  /** Null is the engine's own interval. */
  readonly intervalMs: number | null
}

/** What matching needs. It needs no engine, so it can be had wherever processes can be listed. */
export type MatchingPorts = Pick<
  PipelinePorts,
  'discoverer' | 'processes' | 'recogniseClient' | 'digest'
>

export function composeMatching(machine: Machine, salt: Buffer): MatchingPorts {
  const { platform, env, clock, folders, sandboxed } = machine
  const { home } = folders
  const packages = createPackages(clock)
  const digest = keyedDigest(salt)
  const discoverer = createDiscoverer({ platform, env, packages, digest, clock, home })
  return {
    digest,
    discoverer: sandboxed ? onlyBelow(home, discoverer) : discoverer,
    processes: processSource(machine, packages),
    recogniseClient: (running) => recogniseClient(running),
  }
}

/** Throws McpWatchError NO_ENGINE when this machine has no tool that could be used. */
export function composePorts(
  machine: Machine,
  wishes: Wishes,
  salt: Buffer,
  log: Log,
  loaded: Loaded,
): PipelinePorts {
  const { platform, env, clock, folders, owner } = machine
  const tools = { ss: findTool('ss'), lsof: findTool('lsof') }
  const policy = composePolicy(machine, log)
  const matching = composeMatching(machine, salt)
  const [first, ...rest] = chooseEngines({ platform, wanted: wishes.engine, tools })
  const rung = (name: EngineName): Rung =>
    rungOf(name, { machine, wishes, tools, loaded, processes: matching.processes })
  return {
    clock,
    log,
    ...matching,
    bootId: readBootId(platform),
    engine: createLadder({ rungs: [rung(first), ...rest.map(rung)], clock, log }),
    listenerOwners: listenerOwnersFor(tools, machine),
    registry: createRegistrySource({
      // Of the user's own choice, and run in folders of theirs: under sudo it is not run as root.
      runTool: runToolAs(owner),
      findTool,
      clock,
      env,
      home: folders.home,
      log,
      lookup: async (host) => await lookup(host, { all: true }),
      mayLookUp: () => policy.state().policy.resolveNames,
    }),
    hostFacts: createHostFacts({ clock, env, resolvConf: '/etc/resolv.conf' }),
    policy,
    hostBook: createHostBook({ resolver: createHostResolver(), clock, log }),
  }
}

/** How the user is told at once; a daemon for show tells nobody. */
export function composeNotifier(
  { platform, env, sandboxed, owner }: Machine,
  onMute: (request: MuteRequest) => void,
): Notifier {
  if (sandboxed) return silentNotifier('this daemon is only for show')
  // A session bus lets its own user in and nobody else.
  return createNotifier({ platform, env, findTool, runTool: runToolAs(owner), onMute })
}

/** What the user decided. */
export function composePolicy({ env, folders, clock }: Machine, log: Log): PolicySource {
  const path = policyPath(env, folders.home)
  return policySource(createPolicyFile({ path, clock, log }), path)
}

/** /proc where there is one; ps on macOS, and on a Linux that mounts no /proc for us. */
function processSource({ platform, clock, uid }: Machine, packages: Packages): ProcessSource {
  const hasProc = platform === 'linux' && existsSync('/proc/self/stat')
  if (hasProc) return createProcSource({ clock, packages, ownUid: uid })
  const commIsPath = platform === 'darwin'
  return createPsSource({ psList, clock, packages, ownUid: uid, commIsPath })
}

interface RungParts {
  readonly machine: Machine
  readonly wishes: Wishes
  readonly tools: Readonly<Record<ToolName, string | null>>
  readonly loaded: Loaded
  readonly processes: ProcessSource
}

function rungOf(name: EngineName, parts: RungParts): Rung {
  return { name, open: () => openEngine(name, parts) }
}

/** Throws McpWatchError NO_ENGINE where it cannot be used. */
function openEngine(name: EngineName, parts: RungParts): CaptureEngine {
  const { machine, wishes, tools, loaded, processes } = parts
  const { platform, clock, uid } = machine
  const interval = wishes.intervalMs === null ? {} : { intervalMs: wishes.intervalMs }
  if (name === 'sock-diag') {
    if (!loaded.ok) throw new McpWatchError('NO_ENGINE', NATIVE_MISSING[loaded.reason])
    const see: ProcessSource['see'] = (pids) => processes.see(pids)
    return openSockDiag({ native: loaded.native, clock, uid, see, ...interval })
  }
  const tool = tools[name]
  if (tool === null) throw new McpWatchError('NO_ENGINE', `the program ${name} was not found`)
  const deps = { tool, runTool, clock, uid, ...interval }
  return name === 'ss' ? createSsEngine(deps) : createLsofEngine({ ...deps, platform })
}

const NATIVE_MISSING = {
  'not-linux': 'it exists on Linux only',
  'koffi-missing': 'the package koffi, which it calls the system with, is missing or does not load',
  'libc-unsupported': 'the C library of this system lacks what it needs',
} as const satisfies Record<Extract<Loaded, { ok: false }>['reason'], string>

/** A listener that is known by its inode is looked for in /proc; else lsof is asked about its port. */
function listenerOwnersFor(
  { lsof }: Readonly<Record<ToolName, string | null>>,
  { platform, clock, uid }: Machine,
): ListenerOwners {
  const monotonicMs = (): number => clock.monotonicMs()
  const byInode = createListenerOwners({ monotonicMs, uid })
  if (lsof === null) return byInode
  const byPort = createLsofListenerOwners({ tool: lsof, runTool, monotonicMs }, uid)
  if (platform !== 'linux') return byPort
  return {
    ownerOf: async (listener, table) =>
      await (listener.inode === null ? byPort : byInode).ownerOf(listener, table),
  }
}

/** random(4): a new one at every boot. Elsewhere process start times tell boots apart well enough. */
function readBootId(platform: Machine['platform']): string {
  if (platform !== 'linux') return 'ps'
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
