/** Composition of the engines: what each rung of the ladder is made of on this machine. */
import { McpWatchError } from '../shared/errors.ts'
import type { EngineName, ToolName } from '../shared/model/observation.ts'
import { chooseEngines } from './capture/choose.ts'
import { createAttempts } from './capture/exact/attempts.ts'
import { createAttemptBook } from './capture/exact/book.ts'
import { createExactEngine } from './capture/exact/engine.ts'
import { createWaitingRoom } from './capture/exact/waiting-room.ts'
import { createLadder, type Rung } from './capture/ladder.ts'
import { createListenerOwners } from './capture/listener-owners.ts'
import { createLsofEngine } from './capture/lsof/engine.ts'
import { createLsofListenerOwners } from './capture/lsof/listener-owners.ts'
import { createOwnListeners } from './capture/own-listeners.ts'
import { findTool, runTool } from './capture/run-tool.ts'
import { createSockDiagEngine } from './capture/sock-diag/engine.ts'
import { createSsEngine } from './capture/ss/engine.ts'
import {
  commOf,
  createSurrounded,
  type SurroundedDeps,
  surroundingFacts,
} from './capture/surrounded.ts'
import type { ExactSources } from './compose-exact.ts'
import { openWatcher } from './compose-watcher.ts'
import type { Machine, Wishes } from './machine.ts'
import type { Loaded } from './native/load.ts'
import type { Native } from './native/native.ts'
import type { CaptureEngine, ListenerOwners, Log, ProcessSource } from './ports.ts'

export interface EngineParts {
  readonly machine: Machine
  readonly wishes: Wishes
  readonly loaded: Loaded
  readonly processes: ProcessSource
  readonly log: Log
  readonly exact: ExactSources
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
  const rung = (name: EngineName): Rung => ({
    name,
    open: () => openEngine(name, tools, parts),
    ...(name === 'bpf' ? { signature: () => parts.exact.signature() } : {}),
  })
  const ladder = createLadder({ rungs: [rung(first), ...rest.map(rung)], clock, log })
  return {
    engine: platform === 'linux' ? createSurrounded(ladder, aroundUs(machine)) : ladder,
    listenerOwners: composeListenerOwners(machine, parts.loaded),
  }
}

function aroundUs({ uid, env }: Machine): SurroundedDeps {
  return { facts: surroundingFacts(uid, env), commOf }
}

/** Throws McpWatchError NO_ENGINE where it cannot be used. */
function openEngine(name: EngineName, tools: Tools, parts: EngineParts): CaptureEngine {
  const { machine, wishes, loaded } = parts
  const { platform, clock, uid } = machine
  if (name === 'bpf' || name === 'sock-diag') {
    if (!loaded.ok) throw new McpWatchError('NO_ENGINE', NATIVE_MISSING[loaded.reason])
    return name === 'bpf' ? openExact(loaded.native, parts) : openSockDiag(loaded.native, parts)
  }
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
  const { watcher } = openWatcher({ native, machine, processes })
  return createSockDiagEngine({ clock: machine.clock, watcher, ...intervalOf(wishes) })
}

function openExact(native: Native, parts: EngineParts): CaptureEngine {
  const { machine, wishes, processes, exact } = parts
  const source = exact.open(native)
  try {
    const { watcher, births } = openWatcher({ native, machine, processes, knowsAttempts: true })
    const book = createAttemptBook()
    const see: ProcessSource['see'] = (pids) => processes.see(pids)
    const waiting = createWaitingRoom()
    const attempts = createAttempts({ source, book, waiting, births, see })
    const monotonicNs = (): number => Number(process.hrtime.bigint())
    const { clock } = machine
    const deps = { clock, monotonicNs, source, book, attempts, watcher }
    return createExactEngine({ ...deps, ...intervalOf(wishes) })
  } catch (error) {
    void source.stop()
    throw error
  }
}

export function composeListenerOwners(machine: Machine, loaded: Loaded): ListenerOwners {
  const owners = listenerOwnersFor(findTool('lsof'), machine)
  return loaded.ok ? { ...owners, list: createOwnListeners(loaded.native) } : owners
}

/** A listener that is known by its inode is looked for in /proc; else lsof is asked about its port. */
function listenerOwnersFor(lsof: string | null, { platform, clock, uid }: Machine): ListenerOwners {
  const monotonicMs = (): number => clock.monotonicMs()
  const byInode = createListenerOwners({ monotonicMs, uid })
  if (lsof === null) return byInode
  const byPort = createLsofListenerOwners({ tool: lsof, runTool, monotonicMs }, uid)
  if (platform !== 'linux') return byPort
  return {
    ownerOf: async (listener, table, anew) =>
      await (listener.inode === null ? byPort : byInode).ownerOf(listener, table, anew),
  }
}
