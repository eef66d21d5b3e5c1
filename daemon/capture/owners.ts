/** Remembers which watched processes hold which socket, so that descriptors are read only when there is news. */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Holder, SocketRow, WatchedProcess } from '../../shared/model/observation.ts'
import type { Bystanders } from './bystanders.ts'
import type { Breathe, heldSockets } from './descriptors.ts'
import { createHeldReader, type HeldReader } from './held.ts'

/** Descriptors can be passed between processes without any new socket: everything is read again this often. */
const FULL_READ_EVERY = 10
/** A socket can appear before its owner does, so nobody is believed only at the second look. */
const LOOKS_BEFORE_FOREIGN = 2
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
  readonly #reader: HeldReader
  #holders: ReadonlyMap<number, readonly Holder[]> = new Map()
  /** Sockets that nobody watched was seen holding, with the number of looks. */
  #looks = new Map<number, number>()
  #unreadable: readonly ProcessKey[] = []

  constructor(deps: OwnersDeps) {
    this.#deps = deps
    this.#reader = createHeldReader(deps.procRoot, deps.breathe, deps.read)
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
    const need = this.#need(this.#unsettled(rows))
    if (need !== 'nothing') await this.#readAll(need === 'threads-too')
    this.#count(this.#unsettled(rows))
    if (complete) this.#prune(rows)
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
  #need(unsettled: ReadonlySet<number>): 'nothing' | 'processes' | 'threads-too' {
    if (this.#samples % FULL_READ_EVERY === 0) return 'threads-too'
    // One that could not be read may just have been ending: it is tried at each sample.
    let need: 'nothing' | 'processes' =
      this.#changed || this.#unreadable.length > 0 ? 'processes' : 'nothing'
    for (const inode of unsettled) {
      if (this.#looks.has(inode)) return 'threads-too'
      need = 'processes'
    }
    return need
  }

  /** `watch` may be called while this reads: what counts is the list at the beginning, and news stay news. */
  async #readAll(threads: boolean): Promise<void> {
    this.#changed = false
    const reading = this.#reader.read(this.#watched, threads).catch((error: unknown) => {
      this.#changed = true // none of it was read
      throw error
    })
    const { held, unreadable } = await reading
    this.#holders = held
    this.#unreadable = [...unreadable]
  }

  /** Listed sockets that nobody was seen holding, and not often enough to believe that. Most are settled. */
  #unsettled(rows: readonly SocketRow[]): ReadonlySet<number> {
    const unsettled = new Set<number>()
    for (const { inode } of rows) {
      if (inode === null || this.#holders.has(inode)) continue
      if (this.#looks.get(inode) !== LOOKS_BEFORE_FOREIGN) unsettled.add(inode)
    }
    return unsettled
  }

  #count(unsettled: ReadonlySet<number>): void {
    for (const inode of unsettled) this.#looks.set(inode, (this.#looks.get(inode) ?? 0) + 1)
    for (const inode of this.#holders.keys()) this.#looks.delete(inode)
  }

  /** Inode numbers are used again: what is no longer listed is forgotten at once. */
  #prune(rows: readonly SocketRow[]): void {
    const inodes = new Set<number>()
    for (const { inode } of rows) if (inode !== null) inodes.add(inode)
    for (const inode of this.#looks.keys()) if (!inodes.has(inode)) this.#looks.delete(inode)
    this.#holders = new Map([...this.#holders].filter(([inode]) => inodes.has(inode)))
  }
}
