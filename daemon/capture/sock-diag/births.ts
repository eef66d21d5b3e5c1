/** Who was born of the watched processes, from the kernel's events where it tells them, else from lists of children. */
import type { Sighting } from '../../ports.ts'
import type { Family } from '../../processes/family.ts'
import type { ProcessEvents } from '../../processes/proc-connector.ts'

export interface Birth {
  /** To be read now. */
  readonly born: readonly Sighting[]
  /** A program was started below a client: it may be a server. */
  readonly started: boolean
  /** Events were lost, so that processes must be listed. */
  readonly lost: boolean
}

export interface Births {
  watch(members: readonly number[], kin: ReadonlySet<number>): void
  drain(): Birth
  /** Children of processes that have run; nothing where events tell of them. */
  childrenOf(moved: readonly number[]): readonly Sighting[]
  isWorking(): boolean
  close(): void
}

export interface BirthsDeps {
  readonly family: Family
  readonly events: ProcessEvents
  /** Pids of the children of a process; empty where they cannot be listed. */
  readonly listChildren: (pid: number) => readonly number[]
}

const NONE: Birth = { born: [], started: false, lost: false }

export function createBirths({ family, events, listChildren }: BirthsDeps): Births {
  let members = new Set<number>()
  const isWorking = (): boolean => events.state() === 'working'
  return {
    watch(pids, kin) {
      members = new Set(pids)
      family.watch([...pids, ...kin])
    },
    drain() {
      const { lost } = events.drain()
      const { look, incomplete } = family.take()
      if (look.length === 0 && !lost && !incomplete) return NONE
      const born: Sighting[] = []
      let started = lost || incomplete
      for (const sighting of look) {
        const isOurs =
          sighting.parent === null ? members.has(sighting.pid) : members.has(sighting.parent)
        if (isOurs) {
          members.add(sighting.pid)
          born.push(sighting)
        } else started = true
      }
      return { born, started, lost }
    },
    childrenOf(moved) {
      if (isWorking()) return []
      const born: Sighting[] = []
      for (const parent of moved) {
        for (const pid of listChildren(parent)) {
          if (members.has(pid)) continue
          members.add(pid)
          born.push({ pid, parent })
        }
      }
      return born
    },
    isWorking,
    close: () => events.close(),
  }
}
