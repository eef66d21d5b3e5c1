/** Composition of the engines: what each rung of the ladder is made of on this machine. */
import { McpWatchError } from '../shared/errors.ts'
import type { EngineName, ToolName } from '../shared/model/observation.ts'
import { createBystanders } from './capture/bystanders.ts'
import { chooseEngines } from './capture/choose.ts'
import { createBreathe, heldSockets } from './capture/descriptors.ts'
import { createHeldReader } from './capture/held.ts'
import { createLadder, type Rung } from './capture/ladder.ts'
import { createListenerOwners } from './capture/listener-owners.ts'
import { createLsofEngine } from './capture/lsof/engine.ts'
import { createLsofListenerOwners } from './capture/lsof/listener-owners.ts'
import { createOtherNamespaces } from './capture/other-namespaces.ts'
import { findTool, runTool } from './capture/run-tool.ts'
import { createBirths } from './capture/sock-diag/births.ts'
import { createSockDiagEngine } from './capture/sock-diag/engine.ts'
import { createGate } from './capture/sock-diag/gate.ts'
import { createNetnsDumps } from './capture/sock-diag/netns-dump.ts'
import { openSpace } from './capture/sock-diag/open-space.ts'
import { createSpaces } from './capture/sock-diag/spaces.ts'
import { createWatcher } from './capture/sock-diag/watcher.ts'
import { createSsEngine } from './capture/ss/engine.ts'
import {
  commOf,
  createSurrounded,
  type SurroundedDeps,
  surroundingFacts,
} from './capture/surrounded.ts'
import type { Machine, Wishes } from './machine.ts'
import type { Loaded } from './native/load.ts'
import type { Native } from './native/native.ts'
import type { CaptureEngine, ListenerOwners, Log, ProcessSource } from './ports.ts'
import { createChildren } from './processes/children.ts'
import { createFamily } from './processes/family.ts'
import { createForks } from './processes/forks.ts'
import { createProcessEvents } from './processes/proc-connector.ts'
import { spawnProbe, surroundings } from './processes/proc-connector-probe.ts'

export interface EngineParts {
  readonly machine: Machine
  readonly wishes: Wishes
  readonly loaded: Loaded
  readonly processes: ProcessSource
  readonly log: Log
}

export interface Engines {
  readonly engine: CaptureEngine
  readonly listenerOwners: ListenerOwners
}

type Tools = Readonly<Record<ToolName, string | null>>

/** Throws McpWatchError NO_ENGINE when this machine has nothing that could be used. */
export function composeEngines(parts: EngineParts): Engines {
  const { machine, wishes, log } = parts
  const { platform, clock } = machine
  const tools = { ss: findTool('ss'), lsof: findTool('lsof') }
  const [first, ...rest] = chooseEngines({ platform, wanted: wishes.engine, tools })
  const rung = (name: EngineName): Rung => ({ name, open: () => openEngine(name, tools, parts) })
  const ladder = createLadder({ rungs: [rung(first), ...rest.map(rung)], clock, log })
  return {
    engine: platform === 'linux' ? createSurrounded(ladder, aroundUs(machine)) : ladder,
    listenerOwners: listenerOwnersFor(tools, machine),
  }
}

function aroundUs({ uid, env }: Machine): SurroundedDeps {
  return { facts: surroundingFacts(uid, env), commOf }
}

/** Throws McpWatchError NO_ENGINE where it cannot be used. */
function openEngine(name: EngineName, tools: Tools, parts: EngineParts): CaptureEngine {
  const { machine, wishes, loaded } = parts
  const { platform, clock, uid } = machine
  if (name === 'sock-diag') {
    if (!loaded.ok) throw new McpWatchError('NO_ENGINE', NATIVE_MISSING[loaded.reason])
    return openSockDiag(loaded.native, parts)
  }
  if (name === 'bpf') throw new McpWatchError('NO_ENGINE', 'it is not there yet')
  const tool = tools[name]
  if (tool === null) throw new McpWatchError('NO_ENGINE', `the program ${name} was not found`)
  const deps = { tool, runTool, clock, uid, ...intervalOf(wishes) }
  return name === 'ss' ? createSsEngine(deps) : createLsofEngine({ ...deps, platform })
}

const NATIVE_MISSING = {
  'not-linux': 'it exists on Linux only',
  'koffi-missing': 'the package koffi, which it calls the system with, is missing or does not load',
  'libc-unsupported': 'the C library of this system lacks what it needs',
} as const satisfies Record<Extract<Loaded, { ok: false }>['reason'], string>

function intervalOf({ intervalMs }: Wishes): { intervalMs?: number } {
  return intervalMs === null ? {} : { intervalMs }
}

function openSockDiag(native: Native, { machine, wishes, processes }: EngineParts): CaptureEngine {
  const { clock, uid } = machine
  const monotonicMs = (): number => clock.monotonicMs()
  const procRoot = '/proc'
  const breathe = createBreathe(monotonicMs)
  // First, as it alone may throw: what is opened before it would stay open.
  const ownSpace = openSpace(native, procRoot)
  const family = createFamily()
  const events = createProcessEvents({
    native,
    family,
    spawnProbe,
    clock,
    surroundings: surroundings(procRoot),
  })
  const children = createChildren({ procRoot, clock, family })
  const watcher = createWatcher({
    clock,
    uid,
    see: (pids) => processes.see(pids),
    spaces: createSpaces(ownSpace, createNetnsDumps(native, procRoot)),
    others: createOtherNamespaces(procRoot),
    gate: createGate({ native, clock }),
    births: createBirths({ family, events, children, forks: createForks({ procRoot, clock }) }),
    held: createHeldReader(procRoot, breathe, heldSockets, (...threads) =>
      native.sharesTable(...threads),
    ),
    bystanders: createBystanders({ procRoot, breathe, monotonicMs }),
  })
  return createSockDiagEngine({ clock, watcher, ...intervalOf(wishes) })
}

/** A listener that is known by its inode is looked for in /proc; else lsof is asked about its port. */
function listenerOwnersFor({ lsof }: Tools, { platform, clock, uid }: Machine): ListenerOwners {
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
