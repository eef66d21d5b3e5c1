/** Who was born of the watched processes, from the kernel's events where it tells them, else from lists of children. */
import type { Sighting } from '../../ports.ts'
import type { Children } from '../../processes/children.ts'
import type { Family } from '../../processes/family.ts'
import type { Forks } from '../../processes/forks.ts'
import type { ProcessEvents } from '../../processes/proc-connector.ts'

export interface Birth {
  /** To be read now. */
  readonly born: readonly Sighting[]
  /** A program was started below a client: it may be a server. */
  readonly started: boolean
  /** Something was started somewhere: it may be a server as well. */
  readonly stirred: boolean
  /** Events were lost, so that processes must be listed. */
  readonly lost: boolean
}

export interface Births {
  watch(members: readonly number[], kin: ReadonlySet<number>): void
  /** What was told since the last call; where nothing is told, what children the processes that ran have. */
  since(moved: readonly number[]): Birth
  /** Born below a client since `watch`: to be read before processes are listed, as some lose their parents by then. */
  newKin(): readonly Sighting[]
  /**
   * Whether who had this number at that moment (ns of CLOCK_MONOTONIC) is a watched process or descends from one, also
   * when it has ended since: remembered for ten seconds. Only of what was told so far: see `since`.
   */
  isMember(pid: number, atNs: number): boolean
  /**
   * What was told of its fork, also when it has ended since; null where nothing was. `atNs`: of who had this number
   * then; by default of who had it last.
   */
  parentOf(pid: number, atNs?: number): Sighting | null
  isWorking(): boolean
  /** Why the kernel does not tell of them, as a sentence; null where it does, or where that is not known yet. */
  whyNot(): string | null
  close(): void
}

export interface BirthsDeps {
  readonly family: Family
  readonly events: ProcessEvents
  readonly children: Children
  /** Asked where the kernel tells no events. */
  readonly forks: Forks
}

export function createBirths({ family, events, children, forks }: BirthsDeps): Births {
  const isWorking = (): boolean => events.state() === 'working'
  return {
    watch: (members, kin) => family.watch(members, kin),
    since(moved) {
      const drained = events.drain()
      if (!isWorking() && moved.length > 0) children.look(moved)
      const { look, started, incomplete } = family.take()
      const { lost } = drained
      const stirred = !isWorking() && forks.happened()
      return { born: look, started: started || lost || incomplete, stirred, lost }
    },
    newKin: () => family.newKin(),
    isMember: (pid, atNs) => family.isMember(pid, atNs),
    parentOf: (pid, atNs) => family.parentOf(pid, atNs),
    isWorking,
    whyNot: () => events.whyNot(),
    close: () => events.close(),
  }
}
