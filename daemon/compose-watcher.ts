/** Composition of what looks at sockets through the kernel: used by the engine that looks alone, and by the exact one. */
import { createBystanders } from './capture/bystanders.ts'
import { createBreathe, heldSockets } from './capture/descriptors.ts'
import { createHeldReader } from './capture/held.ts'
import { createOtherNamespaces } from './capture/other-namespaces.ts'
import { type Births, createBirths } from './capture/sock-diag/births.ts'
import { createGate } from './capture/sock-diag/gate.ts'
import { createNetnsDumps } from './capture/sock-diag/netns-dump.ts'
import { openSpace } from './capture/sock-diag/open-space.ts'
import { createSpaces } from './capture/sock-diag/spaces.ts'
import { createWatcher } from './capture/sock-diag/watcher.ts'
import type { Watcher } from './capture/sock-diag/watcher-parts.ts'
import type { Machine } from './machine.ts'
import type { Native } from './native/native.ts'
import type { ProcessSource } from './ports.ts'
import { createChildren } from './processes/children.ts'
import { createFamily } from './processes/family.ts'
import { createForks } from './processes/forks.ts'
import { createProcessEvents } from './processes/proc-connector.ts'
import { spawnProbe, surroundings } from './processes/proc-connector-probe.ts'

export interface WatcherParts {
  readonly native: Native
  readonly machine: Machine
  readonly processes: ProcessSource
  /** Events tell what watched processes connect to. */
  readonly knowsAttempts?: true
}

/** Throws McpWatchError where the kernel lists no sockets to us. */
export function openWatcher({ native, machine, processes, ...rest }: WatcherParts): {
  readonly watcher: Watcher
  readonly births: Births
} {
  const { clock, uid } = machine
  const monotonicMs = (): number => clock.monotonicMs()
  const procRoot = '/proc'
  const breathe = createBreathe(monotonicMs)
  // First, as it alone may throw: what is opened before it would stay open.
  const detail = rest.knowsAttempts === true ? 'living' : 'all'
  const ownSpace = openSpace(native, procRoot, detail)
  const family = createFamily()
  const around = surroundings(procRoot)
  const events = createProcessEvents({ native, family, spawnProbe, clock, surroundings: around })
  const children = createChildren({ procRoot, clock, family })
  const births = createBirths({ family, events, children, forks: createForks({ procRoot, clock }) })
  const watcher = createWatcher({
    clock,
    uid,
    see: (pids) => processes.see(pids),
    spaces: createSpaces(ownSpace, createNetnsDumps(native, procRoot, detail), detail),
    others: createOtherNamespaces(procRoot),
    gate: createGate({ native, clock }),
    births,
    held: createHeldReader(procRoot, breathe, heldSockets, (...threads) =>
      native.sharesTable(...threads),
    ),
    bystanders: createBystanders({ procRoot, breathe, monotonicMs }),
    ...rest,
  })
  return { watcher, births }
}
