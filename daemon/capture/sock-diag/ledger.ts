/**
 * The sockets of one network namespace as known from sample to sample: which are held by watched processes, which are
 * nobody's of ours, and how those that ended are counted. No I/O.
 */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { Bytes, Holder, OtherCounts, SocketRow } from '../../../shared/model/observation.ts'
import { type DiagRow, isListener, isReconnected, socketRow } from './diag-row.ts'
import { areEndsToCome, type EndContext, type FoldContext } from './fold-context.ts'
import { type Entry, endedRow, newEntry, openRow } from './ledger-entry.ts'
import { createOthers } from './others.ts'
import { createPassedOver } from './passed-over.ts'

/** Who holds which socket, by inode. */
export type Held = ReadonlyMap<number, readonly Holder[]>

/** A socket can appear before its owner does, so nobody is believed only at the second look. */
const LOOKS_BEFORE_FOREIGN = 2
/** The kernel tells of an end through a queue of its own work, so that a sample may lack a socket before it is told. */
const TOLD_WITHIN_MS = 100

export interface Taken {
  /** Held by watched processes, TCP listeners of all, and, while something is hidden, what nobody was seen with. */
  readonly rows: readonly SocketRow[]
  readonly others: OtherCounts
}

export interface Ledger {
  /** Whether a socket is known to be nobody's of ours, so that its row need not be parsed. */
  isSettled(cookieLow: number, cookieHigh: number): boolean
  fold(rows: readonly DiagRow[], context: FoldContext): void
  /** Inodes whose holders are not known. */
  unresolved(): ReadonlySet<number>
  /** How many sockets were met so far. */
  met(): number
  /** What a look into descriptors found. Returns new holders. */
  resolve(held: Held): readonly Holder[]
  /** Somebody's descriptors were looked into for what is unresolved, and it was not there. */
  isSecondLook(): boolean
  /** A connection of a watched process ended that was not told yet. */
  hasEnded(): boolean
  /**
   * A look into all descriptors: holders change, and a socket may have been passed to a watched process. True when
   * something that was passed over is such a one: it is new with the next dump.
   */
  refresh(held: Held): boolean
  /** Sockets that the kernel says it has destroyed. */
  destroyed(rows: readonly DiagRow[], context: EndContext): void
  /** Established TCP held by watched processes: what to ask byte counts for. */
  countable(): readonly DiagRow[]
  setBytes(cookie: string, bytes: Bytes | null): void
  /** While a watched process cannot be looked into, sockets that nobody holds are told too. */
  setHidden(hidden: boolean): void
  /** What is to be told now; rows that ended are told once. */
  take(): Taken
}

export function createLedger(): Ledger {
  return new SocketLedger()
}

class SocketLedger implements Ledger {
  readonly #entries = new Map<string, Entry>()
  readonly #passedOver = createPassedOver()
  readonly #others = createOthers()
  #past: SocketRow[] = []
  #loose: DiagRow[] = []
  #met = 0
  #round = 0
  #hidden = false
  /** A complete sample was taken. */
  #hasBegun = false

  isSettled(low: number, high: number): boolean {
    return this.#passedOver.meet(low, high) && !this.#hidden
  }

  fold(rows: readonly DiagRow[], context: FoldContext): void {
    this.#round += 1
    this.#loose = []
    for (const row of rows) {
      if (this.#passedOver.meetRow(row)) this.#loose.push(row)
      else this.#meet(row, context)
    }
    if (context.complete) this.#miss(context)
    this.#passedOver.dumped(context.complete)
  }

  /** Ends what a complete sample lacks. */
  #miss(context: FoldContext): void {
    this.#hasBegun = true
    for (const [cookie, entry] of this.#entries) {
      if (entry.round === this.#round) continue
      entry.missing ??= context.at
      const waits = areEndsToCome(context) && entry.status === 'held'
      if (waits && Math.abs(context.at - entry.missing) < TOLD_WITHIN_MS) continue
      this.#entries.delete(cookie)
      this.#end(entry, context)
      // Its end may yet be told: it is counted now.
      this.#passedOver.add('missing', entry.row)
    }
  }

  #meet(row: DiagRow, { at, suspected, isLast }: FoldContext): void {
    let entry = this.#entries.get(row.cookie)
    if (entry !== undefined && isReconnected(entry.row, row)) {
      this.#end(entry, { at, suspected })
      entry = undefined
    }
    if (entry === undefined) {
      // What only waits when watching begins was over before, and is nobody's to count.
      if (row.state === 'time-wait' && !this.#hasBegun) {
        this.#passedOver.add('destroyed', row)
      } else {
        this.#entries.set(row.cookie, newEntry(row, at, suspected, this.#round))
        this.#met += 1
      }
      return
    }
    // It has ended: told as waiting, one that came and went between two batches would be no connection at all.
    if (row.state === 'time-wait' && entry.row.state !== 'time-wait') return
    if (isLast === true && row.state === 'closing' && row.inode === null) return
    // One that was closed before anybody was found holding it may have been ours: its inode proves nothing any more.
    const inode = row.inode ?? (entry.status === 'held' ? entry.row.inode : null)
    entry.row = { ...row, inode }
    entry.round = this.#round
    entry.missing = null
    if (entry.status === 'new') entry.suspected ||= suspected
  }

  /** `told`: what the kernel said of the end. */
  #end(entry: Entry, { at, suspected }: EndContext, told: DiagRow | null = null): void {
    const { row, status } = entry
    if (status === 'held' && row.remote !== null) this.#past.push(endedRow(entry, at, told))
    if (status === 'new') this.#count(row, at, entry.suspected || suspected)
  }

  #count(row: DiagRow, at: EpochMs, suspected: boolean): void {
    this.#others.count(row, at, suspected ? 'unknown' : 'foreign')
  }

  met(): number {
    return this.#met
  }

  unresolved(): ReadonlySet<number> {
    const inodes = new Set<number>()
    for (const { status, row } of this.#entries.values()) {
      if (status === 'new' && row.inode !== null) inodes.add(row.inode)
    }
    return inodes
  }

  resolve(held: Held): readonly Holder[] {
    const found: Holder[] = []
    const rest: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (entry.status !== 'new' || entry.row.inode === null) continue
      const holders = held.get(entry.row.inode)
      if (holders === undefined) rest.push(entry)
      else found.push(...this.#hold(entry, holders))
    }
    // Second: the other end of a connection that is ours is no foreign one.
    for (const entry of rest) {
      entry.looks += 1
      // Where nobody of ours ran nobody of ours can have made it.
      if (entry.suspected && entry.looks < LOOKS_BEFORE_FOREIGN) continue
      this.#settle(entry)
    }
    return found
  }

  #hold(entry: Entry, holders: readonly Holder[]): readonly Holder[] {
    if (entry.status !== 'held') this.#others.own(entry.row, entry.firstSeen)
    entry.status = 'held'
    entry.holders = holders
    return holders
  }

  #settle(entry: Entry): void {
    const { row, firstSeen } = entry
    this.#count(row, firstSeen, false)
    entry.status = 'foreign'
    if (isListener(row)) return
    this.#entries.delete(row.cookie)
    this.#passedOver.add('stranger', row)
  }

  isSecondLook(): boolean {
    for (const { status, looks } of this.#entries.values()) {
      if (status === 'new' && looks > 0) return true
    }
    return false
  }

  hasEnded(): boolean {
    return this.#past.length > 0
  }

  refresh(held: Held): boolean {
    for (const entry of this.#entries.values()) {
      const holders = entry.row.inode === null ? undefined : held.get(entry.row.inode)
      if (holders !== undefined) this.#hold(entry, holders)
    }
    return this.#passedOver.claim(held)
  }

  destroyed(rows: readonly DiagRow[], context: EndContext): void {
    for (const row of rows) {
      const entry = this.#entries.get(row.cookie)
      if (entry !== undefined) {
        this.#entries.delete(row.cookie)
        this.#end(entry, context, row)
      } else if (!this.#passedOver.has(row.cookie)) {
        this.#count(row, context.at, context.suspected)
      }
      // What waits on under its cookie (TIME_WAIT, FIN_WAIT2), for a minute and without owner, has been told.
      this.#passedOver.add('destroyed', row)
    }
  }

  countable(): readonly DiagRow[] {
    return [...this.#entries.values()]
      .filter(({ status, row }) => status === 'held' && row.protocol === 'tcp' && !isListener(row))
      .map(({ row }) => row)
  }

  setBytes(cookie: string, bytes: Bytes | null): void {
    const entry = this.#entries.get(cookie)
    if (entry !== undefined && bytes !== null) entry.bytes = bytes
  }

  setHidden(hidden: boolean): void {
    this.#hidden = hidden
    if (!hidden) this.#loose = []
  }

  take(): Taken {
    const rows: SocketRow[] = this.#past
    for (const entry of this.#entries.values()) {
      const { row, status, firstSeen } = entry
      if (status === 'held') rows.push(openRow(entry))
      else if (isListener(row) || this.#hidden) rows.push({ ...socketRow(row), firstSeen })
    }
    for (const row of this.#loose) rows.push(socketRow(row))
    this.#past = []
    return { rows, others: this.#others.take() }
  }
}
