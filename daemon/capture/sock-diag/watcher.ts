/**
 * What the engine does at each pulse: see which watched processes have run, take a sample if one has, find out who
 * holds what is new. And what it tells the daemon of it all, from time to time.
 */
import type { EpochMs, ProcessKey } from '../../../shared/model/ids.ts'
import type {
  Attention,
  Batch,
  DegradedReason,
  EngineDescription,
  Holder,
  OtherCounts,
  Snapshot,
  SocketRow,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { Clock, ProcessSource } from '../../ports.ts'
import type { Bystanders } from '../bystanders.ts'
import { degradedList } from '../degraded.ts'
import { namespaceSnapshots } from '../engine-common.ts'
import type { HeldReader } from '../held.ts'
import type { OtherNamespacesReader } from '../other-namespaces.ts'
import type { News } from './batch-pace.ts'
import type { Births } from './births.ts'
import type { Gate } from './gate.ts'
import type { SampleContext, Space } from './space.ts'
import type { Spaces } from './spaces.ts'
import { createWatchList } from './watch-list.ts'

export interface WatcherDeps {
  readonly clock: Clock
  readonly uid: number
  readonly spaces: Spaces
  readonly others: OtherNamespacesReader
  readonly gate: Gate
  readonly births: Births
  readonly held: HeldReader
  readonly bystanders: Bystanders
  readonly see: ProcessSource['see']
}

export interface Watcher {
  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void
  /** Looks whether anything happened; takes a sample where it did. */
  pulse(): Promise<News>
  /** What is known now, and what came and went since the last batch. */
  batch(): Promise<Batch>
  nextDelayMs(): number
  describe(): EngineDescription
  close(): void
}

/** Descriptors can be passed between processes without any new socket: everything is read again this often. */
const ALL_EVERY_MS = 10_000
/** Without anything that moved, the rows are compared with the kernel's this often. */
const RECONCILE_MS = 5_000
/** Byte counts of connections that stay open. */
const BYTES_EVERY_MS = 10_000
/** The kernel keeps some 330 closes for a plain user: enough for this long at a thousand a second. */
const DRAIN_EVERY_MS = 200
/** A process whose clock cannot be read is taken to have run this often. */
const BLIND_EVERY_MS = 250

export function createWatcher(deps: WatcherDeps): Watcher {
  return new SocketWatcher(deps)
}

class SocketWatcher implements Watcher {
  readonly #deps: WatcherDeps
  readonly #list = createWatchList()
  /** Processes that ran since everybody's new sockets were last accounted for. */
  readonly #ran = new Set<number>()
  /** Those that the next table is asked to have even if they end. */
  readonly #kept = new Set<number>()
  /** Ended since the last batch. */
  readonly #gone = new Map<number, ProcessKey>()
  #readVersion = -1
  #unreadable: ReadonlySet<ProcessKey> = new Set()
  #isNamespaceUnreadable = false
  #isClockHidden = false
  #isFound = false
  #drainedAt: EpochMs | null = null
  #lostSince: EpochMs | null = null
  readonly #last = {
    drain: -Infinity,
    dump: -Infinity,
    all: -Infinity,
    bytes: -Infinity,
    blind: -Infinity,
  }

  constructor(deps: WatcherDeps) {
    this.#deps = deps
  }

  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void {
    const known = new Set(this.#list.members().map(({ key }) => key))
    this.#list.set(processes, kin)
    const members = this.#list.members()
    for (const { key, pid } of members) if (!known.has(key)) this.#ran.add(pid)
    this.#deps.births.watch(
      members.map(({ pid }) => pid),
      kin,
    )
    this.#deps.spaces.follow(members)
  }

  async pulse(): Promise<News> {
    const { births, spaces, see, clock } = this.#deps
    const moved = this.#lookAtClocks()
    if (this.#ran.size === 0 && !this.#isDrainDue()) return 'nothing'
    const told = births.since(moved)
    const born = see(told.born)
    this.#list.born(born)
    for (const { pid } of born) this.#ran.add(pid)
    let isLost = told.lost
    for (const space of spaces.all()) isLost = space.drainCloses(this.#context(space)) || isLost
    this.#noteLoss(isLost, clock.wallMs())
    const quiet = told.started ? 'start' : 'nothing'
    if (this.#ran.size === 0) return quiet
    if (await this.#sample()) return 'socket'
    return born.length > 0 || told.started ? 'start' : 'activity'
  }

  #lookAtClocks(): readonly number[] {
    const pids = this.#list.members().map(({ pid }) => pid)
    const { moved, gone, unreadable } = this.#deps.gate.look(pids)
    for (const pid of moved) this.#ran.add(pid)
    for (const pid of gone) {
      const member = this.#list.member(pid)
      if (member !== undefined) this.#gone.set(pid, member.key)
    }
    this.#list.forget(gone)
    this.#isClockHidden = unreadable.length > 0
    const now = this.#deps.clock.monotonicMs()
    if (this.#isClockHidden && now - this.#last.blind >= BLIND_EVERY_MS) {
      this.#last.blind = now
      for (const pid of unreadable) this.#ran.add(pid)
    }
    return moved
  }

  /** What the kernel tells is kept for us: while nobody ran, it is not asked for at each pulse. */
  #isDrainDue(): boolean {
    return this.#deps.clock.monotonicMs() - this.#last.drain >= DRAIN_EVERY_MS
  }

  #noteLoss(isLost: boolean, at: EpochMs): void {
    if (isLost) this.#lostSince ??= this.#drainedAt ?? at
    this.#drainedAt = at
    this.#last.drain = this.#deps.clock.monotonicMs()
  }

  /** One that has ended meanwhile may have made something too, wherever it was. */
  #ranIn(space: Space): readonly WatchedProcess[] {
    return [...this.#ran].flatMap((pid) => {
      const member = this.#list.member(pid)
      return member !== undefined && this.#deps.spaces.of(member) === space ? [member] : []
    })
  }

  #context(space: Space): SampleContext {
    const suspected = this.#gone.size > 0 || this.#isHidden() || this.#ranIn(space).length > 0
    return { at: this.#deps.clock.wallMs(), suspected }
  }

  #isHidden(): boolean {
    return this.#unreadable.size > 0
  }

  /** True when a watched process was found holding something new, or something of it ended. */
  async #sample(): Promise<boolean> {
    let isNews = false
    for (const space of this.#deps.spaces.all()) {
      const ran = this.#ranIn(space)
      if (ran.length > 0) isNews = (await this.#sampleOf(space, ran)) || isNews
    }
    for (const pid of this.#ran) if (this.#list.member(pid) === undefined) this.#ran.delete(pid)
    return isNews
  }

  async #sampleOf(space: Space, ran: readonly WatchedProcess[]): Promise<boolean> {
    const { held, clock } = this.#deps
    const { ledger } = space
    if (!space.dump(this.#context(space))) return false
    this.#last.dump = clock.monotonicMs()
    const isNews = ledger.hasEnded()
    let found: readonly Holder[] = []
    if (ledger.unresolved().size > 0) {
      const reading = await held.read(ran, ledger.isSecondLook())
      this.#unreadable = new Set([...this.#unreadable, ...reading.unreadable])
      found = ledger.resolve(reading.held, true)
      this.#keepHolders(found)
    }
    if (ledger.unresolved().size === 0) for (const { pid } of ran) this.#ran.delete(pid)
    return isNews || found.length > 0
  }

  /** A process that made a connection and ends before the next listing is still somebody. */
  #keepHolders(found: readonly Holder[]): void {
    if (found.length > 0) this.#isFound = true
    const fresh = new Set(found.map(({ pid }) => pid).filter((pid) => !this.#kept.has(pid)))
    for (const pid of fresh) this.#kept.add(pid)
    this.#deps.see([...fresh].map((pid) => ({ pid, parent: null })))
  }

  async batch(): Promise<Batch> {
    const { clock, spaces } = this.#deps
    const now = clock.monotonicMs()
    const isAll = this.#isAllDue(now)
    const isStale = now - this.#last.dump >= RECONCILE_MS
    if (isAll || isStale) for (const space of spaces.all()) space.dump(this.#context(space))
    if (isStale) this.#last.dump = now
    if (isAll) await this.#readAll(now)
    if (now - this.#last.bytes >= BYTES_EVERY_MS) {
      this.#last.bytes = now
      for (const space of spaces.all()) space.refreshBytes()
    }
    const at = clock.wallMs()
    const own = await this.#entered(at)
    const closed = await this.#notEntered(at)
    const lostSince = this.#lostSince
    this.#kept.clear()
    this.#isFound = false
    this.#lostSince = null
    return {
      at,
      snapshots: [...own.snapshots, ...closed],
      unreadable: [...this.#unreadable],
      others: own.others,
      attention: this.#attention(),
      ...(lostSince === null ? {} : { lostSince }),
    }
  }

  #isAllDue(now: number): boolean {
    return (
      this.#readVersion !== this.#list.version() ||
      this.#isFound ||
      this.#isHidden() ||
      now - this.#last.all >= ALL_EVERY_MS
    )
  }

  /** Members, those above them and their peers: who else holds it, what was passed on, what is hidden. */
  async #readAll(now: number): Promise<void> {
    const { spaces, held } = this.#deps
    const threads = now - this.#last.all >= ALL_EVERY_MS
    if (threads) this.#last.all = now
    this.#readVersion = this.#list.version()
    const everybody = [...this.#list.members(), ...this.#list.outsiders()]
    const reading = await held.read(everybody, threads)
    this.#unreadable = reading.unreadable
    for (const space of spaces.all()) {
      space.ledger.setHidden(this.#isHidden())
      // What was passed over until now is somebody's after all.
      if (space.ledger.refresh(reading.held)) space.dump(this.#context(space))
      this.#keepHolders(space.ledger.resolve(reading.held, true))
    }
  }

  async #entered(at: EpochMs): Promise<{ snapshots: readonly Snapshot[]; others: OtherCounts }> {
    const snapshots: Snapshot[] = []
    const others = { foreign: 0, unknown: 0 }
    for (const space of this.#deps.spaces.all()) {
      const taken = space.ledger.take()
      others.foreign += taken.others.foreign
      others.unknown += taken.others.unknown
      snapshots.push({
        kind: 'snapshot',
        netns: space.netns,
        at,
        complete: space.isComplete(),
        hostWide: this.#isHidden(),
        rows: await this.#marked(taken.rows),
      })
    }
    return { snapshots, others }
  }

  /** While something is hidden: which of the sockets that nobody watched holds are nobody's at all. */
  async #marked(rows: readonly SocketRow[]): Promise<readonly SocketRow[]> {
    if (!this.#isHidden()) return rows
    const loose = rows.filter(({ holders, remote }) => holders.length === 0 && remote !== null)
    const inodes = new Set(loose.flatMap(({ inode }) => (inode === null ? [] : [inode])))
    const watched = new Set(this.#list.members().map(({ pid }) => pid))
    const unclaimed = await this.#deps.bystanders.unclaimed(inodes, watched)
    return rows.map((row) =>
      row.holders.length === 0 && row.inode !== null && unclaimed.has(row.inode)
        ? { ...row, unclaimed: true as const }
        : row,
    )
  }

  /** Namespaces that only /proc tells of: their sockets have no cookies, so their holders are read each time. */
  async #notEntered(at: EpochMs): Promise<readonly Snapshot[]> {
    const { spaces, others, held } = this.#deps
    const outside = this.#list.members().filter((member) => spaces.of(member) === null)
    const own = spaces.all()[0]?.netns ?? null
    const read = await others.read(own, outside)
    this.#isNamespaceUnreadable = read.unreadable
    if (read.namespaces.length === 0) return []
    const holders = (await held.read(outside, false)).held
    return namespaceSnapshots(read.namespaces, at).map((snapshot) => ({
      ...snapshot,
      rows: snapshot.rows.map((row) => {
        const found = row.inode === null ? undefined : holders.get(row.inode)
        return found === undefined ? row : { ...row, holders: found }
      }),
    }))
  }

  #attention(): readonly Attention[] {
    const attention = this.#deps.gate
      .takeAttention()
      .flatMap(({ pid, quietMs, activeMs, seen50Ms }) => {
        const process = this.#list.member(pid)?.key ?? this.#gone.get(pid)
        return process === undefined ? [] : [{ process, quietMs, activeMs, seen50Ms }]
      })
    this.#gone.clear()
    return attention
  }

  nextDelayMs(): number {
    return this.#deps.gate.nextDelayMs()
  }

  describe(): EngineDescription {
    const { uid, births, spaces, gate } = this.#deps
    const reasons: DegradedReason[] = ['gated-sampling', 'unconnected-udp']
    if (uid !== 0) reasons.push('other-users-not-readable')
    if (!births.isWorking()) reasons.push('no-process-events')
    if (!spaces.all().every((space) => space.hearsCloses())) reasons.push('no-close-events')
    if (this.#isClockHidden) reasons.push('cpu-clock-unreadable')
    if (this.#isHidden()) reasons.push('process-unreadable')
    if (this.#isNamespaceUnreadable) reasons.push('other-namespace-unreadable')
    return {
      name: 'sock-diag',
      intervalMs: gate.idleDelayMs,
      expectedRecall: 1,
      degraded: degradedList(reasons),
    }
  }

  close(): void {
    this.#deps.spaces.close()
    this.#deps.births.close()
  }
}
