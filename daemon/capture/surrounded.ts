/** An engine that also says what its surroundings keep from it. */
import { existsSync, readFileSync } from 'node:fs'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { CaptureEngine } from '../ports.ts'
import { degradedList } from './degraded.ts'
import {
  CONTAINER_FILES,
  CONTAINER_NAMES,
  isRelay,
  SNAP_NAME,
  type SurroundingFacts,
  surroundingReasons,
} from './surroundings.ts'

export interface SurroundedDeps {
  readonly facts: SurroundingFacts
  /** Short name of a process; null where it is gone. */
  readonly commOf: (pid: number) => string | null
}

export function createSurrounded(
  engine: CaptureEngine,
  { facts, commOf }: SurroundedDeps,
): CaptureEngine {
  const lasting = surroundingReasons(facts)
  /** Of each watched process whether it relays: its name is read once. */
  let relays: ReadonlyMap<ProcessKey, boolean> = new Map()
  return {
    describe() {
      const described = engine.describe()
      const isRelayed = [...relays.values()].includes(true)
      const reasons = isRelayed ? [...lasting, 'container-relays' as const] : lasting
      return { ...described, degraded: [...described.degraded, ...degradedList(reasons)] }
    },
    start: (sink) => engine.start(sink),
    watch(processes, kin) {
      relays = new Map(
        processes.map(({ key, pid }) => [key, relays.get(key) ?? isRelay(commOf(pid) ?? '')]),
      )
      engine.watch(processes, kin)
    },
    hurry: () => engine.hurry(),
    stop: () => engine.stop(),
  }
}

/** Of this process; what cannot be read is taken for absent. */
export function surroundingFacts(
  uid: number,
  env: Readonly<Record<string, string | undefined>>,
): SurroundingFacts {
  const names = [...CONTAINER_NAMES, SNAP_NAME]
  return {
    uid,
    mounts: textOf('/proc/self/mountinfo'),
    kernelRelease: textOf('/proc/sys/kernel/osrelease'),
    confinement: textOf('/proc/self/attr/current'),
    environment: new Set(names.filter((name) => env[name] !== undefined && env[name] !== '')),
    hasContainerFile: CONTAINER_FILES.some((path) => existsSync(path)),
  }
}

export function commOf(pid: number): string | null {
  return textOf(`/proc/${pid}/comm`)
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
