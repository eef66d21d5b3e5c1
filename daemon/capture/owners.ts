/** Remembers which watched processes hold which socket, so that descriptors are read only when there is news. */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Holder, SocketRow, WatchedProcess } from '../../shared/model/observation.ts'
import type { Bystanders } from './bystanders.ts'
import { type Breathe, type HeldSockets, heldSockets, MAX_DESCRIPTORS } from './descriptors.ts'

/** Descriptors can be passed between processes without any new socket: everything is read again this often. */
const FULL_READ_EVERY = 10
/** A socket can appear before its owner does, so nobody is believed only at the second look. */
const LOOKS_BEFORE_FOREIGN = 2
/** A process with fewer descriptors is always read; those with more share so many a sample, the smallest first. */
const FEW_DESCRIPTORS = 2_000
const MANY_DESCRIPTORS = 2 * MAX_DESCRIPTORS
/** While samples are cut short nothing is pruned, so there is a limit. */
const MAX_FOREIGN = 200_000

export interface Owners {
  /** Whose descriptors count from now on. */
  watch(processes: readonly WatchedProcess[]): void
  /** The rows with their holders filled in. `complete`: the rows are all there are, so memory of others can go. */
  fill(rows: readonly SocketRow[], complete: boolean): Promise<readonly SocketRow[]>
  /** Members of instances whose descriptors could not be read when last tried; init and the like never can be. */
  unreadable(): readonly ProcessKey[]
}

export interface OwnersDeps {
  readonly procRoot: string
  readonly breathe: Breathe
  readonly read?: typeof heldSockets
  /** Who else holds sockets, where the rows are everybody's. */
  readonly bystanders?: Bystanders
}

export function createOwners(deps: OwnersDeps): Owners {
  return new OwnerMemory(deps)
}

class OwnerMemory implements Owners {
  readonly #deps: OwnersDeps
  #watched: readonly WatchedProcess[] = []
  #watchedKeys = ''
  #changed = true
  #samples = 0
  #holders = new Map<number, readonly Holder[]>()
  /** Sockets that nobody watched was seen holding, with the number of looks. */
  #looks = new Map<number, number>()
  #unreadable: readonly ProcessKey[] = []

  constructor(deps: OwnersDeps) {
    this.#deps = deps
  }

  watch(processes: readonly WatchedProcess[]): void {
    const keys = processes.map((process) => process.key).toSorted()
    const joined = keys.join('\n')
    this.#watched = processes
    if (joined === this.#watchedKeys) return
    this.#watchedKeys = joined
    this.#changed = true
  }

  async fill(rows: readonly SocketRow[], complete: boolean): Promise<readonly SocketRow[]> {
    const inodes = new Set(rows.flatMap((row) => (row.inode === null ? [] : [row.inode])))
    const need = this.#need(inodes)
    if (need !== 'nothing') await this.#readAll(need === 'threads-too')
    this.#count(inodes)
    if (complete) this.#prune(inodes)
    if (this.#looks.size > MAX_FOREIGN) this.#looks.clear()
    this.#samples += 1
    const unclaimed = await this.#unclaimed(rows)
    return rows.map((row) => {
      const holders = row.inode === null ? undefined : this.#holders.get(row.inode)
      if (holders !== undefined) return { ...row, holders }
      return row.inode !== null && unclaimed.has(row.inode) ? { ...row, unclaimed: true } : row
    })
  }

  async #unclaimed(rows: readonly SocketRow[]): Promise<ReadonlySet<number>> {
    const { bystanders } = this.#deps
    if (bystanders === undefined || this.#unreadable.length === 0) return new Set()
    const inodes = new Set<number>()
    for (const { inode, remote } of rows) {
      if (inode !== null && remote !== null && !this.#holders.has(inode)) inodes.add(inode)
    }
    return await bystanders.unclaimed(inodes, new Set(this.#watched.map(({ pid }) => pid)))
  }

  unreadable(): readonly ProcessKey[] {
    return this.#unreadable
  }

  /** Threads are looked at where nobody was found the first time, and each time everything is read again. */
  #need(inodes: ReadonlySet<number>): 'nothing' | 'processes' | 'threads-too' {
    if (this.#samples % FULL_READ_EVERY === 0) return 'threads-too'
    // One that could not be read may just have been ending: it is tried at each sample.
    let need: 'nothing' | 'processes' =
      this.#changed || this.#unreadable.length > 0 ? 'processes' : 'nothing'
    for (const inode of inodes) {
      if (this.#holders.has(inode)) continue
      const looks = this.#looks.get(inode) ?? 0
      if (looks === 0) need = 'processes'
      else if (looks < LOOKS_BEFORE_FOREIGN) return 'threads-too'
    }
    return need
  }

  /** `watch` may be called while this reads: what counts is the list at the beginning, and news stay news. */
  async #readAll(threads: boolean): Promise<void> {
    const { procRoot, breathe, read = heldSockets } = this.#deps
    this.#changed = false
    const holders = new Map<number, Holder[]>()
    const unreadable: ProcessKey[] = []
    const large: { process: WatchedProcess; links: number }[] = []
    const note = (process: WatchedProcess, held: HeldSockets): void => {
      if (held.kind === 'unreadable' && process.kind === 'member') unreadable.push(process.key)
      if (held.kind === 'read') addHolder(holders, held.inodes, process)
    }
    for (const process of this.#watched) {
      const held = await read(procRoot, process.pid, breathe, { threads, max: FEW_DESCRIPTORS })
      const links = held.kind === 'unreadable' ? held.links : undefined
      if (links === undefined) note(process, held)
      else large.push({ process, links })
    }
    // One server must not stop the watching of all by opening very many: what is too much counts as hidden.
    let left = MANY_DESCRIPTORS
    for (const { process, links } of large.toSorted((a, b) => a.links - b.links)) {
      const max = Math.min(left, MAX_DESCRIPTORS)
      left -= links
      note(
        process,
        links > max
          ? { kind: 'unreadable' }
          : await read(procRoot, process.pid, breathe, { threads, max }),
      )
    }
    this.#holders = holders
    this.#unreadable = unreadable
  }

  #count(inodes: ReadonlySet<number>): void {
    for (const inode of inodes) {
      if (this.#holders.has(inode)) this.#looks.delete(inode)
      else this.#looks.set(inode, Math.min((this.#looks.get(inode) ?? 0) + 1, LOOKS_BEFORE_FOREIGN))
    }
  }

  /** Inode numbers are used again: what is no longer listed is forgotten at once. */
  #prune(inodes: ReadonlySet<number>): void {
    for (const inode of this.#looks.keys()) if (!inodes.has(inode)) this.#looks.delete(inode)
    for (const inode of this.#holders.keys()) if (!inodes.has(inode)) this.#holders.delete(inode)
  }
}

function addHolder(
  holders: Map<number, Holder[]>,
  inodes: ReadonlySet<number>,
  { key, pid }: WatchedProcess,
): void {
  const holder = { process: key, pid }
  for (const inode of inodes) {
    const others = holders.get(inode)
    if (others === undefined) holders.set(inode, [holder])
    else others.push(holder)
  }
}
