/** Who was born of the watched processes, from the kernel's events where it tells them, else from lists of children. */
import type { Sighting } from '../../ports.ts'
import type { Children } from '../../processes/children.ts'
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
  /** What was told since the last call; where nothing is told, what children the processes that ran have. */
  since(moved: readonly number[]): Birth
  isWorking(): boolean
  close(): void
}

export interface BirthsDeps {
  readonly family: Family
  readonly events: ProcessEvents
  readonly children: Children
}

const NONE: Birth = { born: [], started: false, lost: false }

export function createBirths({ family, events, children }: BirthsDeps): Births {
  let members = new Set<number>()
  const isWorking = (): boolean => events.state() === 'working'
  return {
    watch(pids, kin) {
      members = new Set(pids)
      family.watch([...pids, ...kin])
    },
    since(moved) {
      const { lost } = events.drain()
      if (!isWorking() && moved.length > 0) children.look(moved)
      const { look, incomplete } = family.take()
      if (look.length === 0 && !lost && !incomplete) return NONE
      const born: Sighting[] = []
      let started = lost || incomplete
      for (const sighting of look) {
        const { pid, parent } = sighting
        if (!members.has(parent ?? pid)) {
          started = true
          continue
        }
        members.add(pid)
        born.push(sighting)
      }
      return { born, started, lost }
    },
    isWorking,
    close: () => events.close(),
  }
}
