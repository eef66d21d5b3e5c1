/** Whose sockets the engine looks for, between one list of the watched and the next. */
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'
import type { Process } from '../../../shared/model/process.ts'

export interface WatchList {
  set(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void
  /** Children of members, born since the last list. */
  born(processes: readonly Process[]): void
  /** Members and what was born of them: whose clocks are read and whose descriptors may be. */
  members(): readonly WatchedProcess[]
  /** Of the members. */
  pids(): readonly number[]
  /** Processes above the instances, and behind their loopback destinations: read only when something is new. */
  outsiders(): readonly WatchedProcess[]
  /** Clients and what is below them, which may start a server. */
  kin(): ReadonlySet<number>
  member(pid: number): WatchedProcess | undefined
  forget(pids: readonly number[]): void
  /** Changes with each new list of other members. */
  version(): number
}

export function createWatchList(): WatchList {
  let members = new Map<number, WatchedProcess>()
  let outsiders: readonly WatchedProcess[] = []
  let kin: ReadonlySet<number> = new Set()
  let keys: ReadonlySet<ProcessKey> = new Set()
  let version = 0
  /** Made when first asked for: clocks are read dozens of times between two changes. */
  let asArray: readonly WatchedProcess[] | null = null
  let asPids: readonly number[] | null = null
  const changed = (): void => {
    asArray = null
    asPids = null
  }
  return {
    set(processes, nextKin) {
      members = new Map(
        processes.filter(({ kind }) => kind === 'member').map((each) => [each.pid, each]),
      )
      outsiders = processes.filter(({ kind }) => kind !== 'member')
      kin = nextKin
      const now = new Set(processes.map(({ key }) => key))
      if (now.size !== keys.size || [...now].some((key) => !keys.has(key))) version += 1
      keys = now
      changed()
    },
    born(processes) {
      for (const { key, pid, netns } of processes) {
        members.set(pid, { key, pid, netns, kind: 'member' })
      }
      if (processes.length > 0) changed()
    },
    members() {
      asArray ??= [...members.values()]
      return asArray
    },
    pids() {
      asPids ??= [...members.keys()]
      return asPids
    },
    outsiders: () => outsiders,
    kin: () => kin,
    member: (pid) => members.get(pid),
    forget(pids) {
      for (const pid of pids) members.delete(pid)
      if (pids.length > 0) changed()
    },
    version: () => version,
  }
}
