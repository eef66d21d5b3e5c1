/** Reads which sockets watched processes hold, within limits that one process cannot use up for all. */
import { isContainerNetns } from '../../shared/model/container.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Holder, WatchedProcess } from '../../shared/model/observation.ts'
import {
  type Breathe,
  type HeldSockets,
  heldSockets,
  MAX_DESCRIPTORS,
  type SharesTable,
} from './descriptors.ts'

export interface HeldReading {
  readonly held: ReadonlyMap<number, readonly Holder[]>
  /**
   * Members of instances that could not be looked into; init and the like never can be. Not those in a container's
   * network that is named for it: whoever holds its sockets, they are that container's.
   */
  readonly unreadable: ReadonlySet<ProcessKey>
}

export interface HeldReader {
  /**
   * `sought`: inodes whose holders are asked for. When all are found among processes with few descriptors, those with
   * very many are left for another time: reading one takes longer than many a connection lives.
   */
  read(
    processes: readonly WatchedProcess[],
    threads: boolean,
    sought?: ReadonlySet<number>,
  ): Promise<HeldReading>
}

/** A process with fewer descriptors is always read; those with more share so many a reading, the smallest first. */
const FEW_DESCRIPTORS = 2_000
const MANY_DESCRIPTORS = 2 * MAX_DESCRIPTORS

/**
 * `readOne` reads one process; for tests. With `sharesTable` threads are so cheap to look at that each reading does:
 * what one of them holds for itself is found at the first look.
 */
export function createHeldReader(
  procRoot: string,
  breathe: Breathe,
  readOne: typeof heldSockets = heldSockets,
  sharesTable?: SharesTable,
): HeldReader {
  return {
    async read(processes, areThreadsWanted, sought) {
      const threads = areThreadsWanted || sharesTable !== undefined
      const asked = sharesTable === undefined ? { threads } : { threads, sharesTable }
      const held = new Map<number, Holder[]>()
      const unreadable = new Set<ProcessKey>()
      const large: { process: WatchedProcess; links: number }[] = []
      const note = (process: WatchedProcess, sockets: HeldSockets): void => {
        if (sockets.kind === 'unreadable' && isHiding(process)) unreadable.add(process.key)
        if (sockets.kind === 'read') addHolder(held, sockets.inodes, process)
      }
      for (const process of processes) {
        const options = { ...asked, max: FEW_DESCRIPTORS }
        const sockets = await readOne(procRoot, process.pid, breathe, options)
        const links = sockets.kind === 'unreadable' ? sockets.links : undefined
        if (links === undefined) note(process, sockets)
        else large.push({ process, links })
      }
      if (sought !== undefined && [...sought].every((inode) => held.has(inode)))
        return { held, unreadable }
      // One server must not stop the watching of all by opening very many: what is too much counts as hidden.
      let left = MANY_DESCRIPTORS
      for (const { process, links } of large.toSorted((a, b) => a.links - b.links)) {
        const max = Math.min(left, MAX_DESCRIPTORS)
        left -= links
        const tooMany = links > max
        note(
          process,
          tooMany
            ? { kind: 'unreadable' }
            : await readOne(procRoot, process.pid, breathe, { ...asked, max }),
        )
      }
      return { held, unreadable }
    },
  }
}

/** Whether it matters that its descriptors cannot be read. */
export function isHiding({ kind, netns }: WatchedProcess): boolean {
  return kind === 'member' && !isContainerNetns(netns)
}

function addHolder(
  held: Map<number, Holder[]>,
  inodes: ReadonlySet<number>,
  { key, pid }: WatchedProcess,
): void {
  const holder = { process: key, pid }
  for (const inode of inodes) {
    const others = held.get(inode)
    if (others === undefined) held.set(inode, [holder])
    else others.push(holder)
  }
}
