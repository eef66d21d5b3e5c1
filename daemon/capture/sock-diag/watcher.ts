/**
 * What the engine does at each pulse: see which watched processes have run, take a sample if one has, find out who
 * holds what is new. And what it tells the daemon of it all, from time to time.
 */
import type { EpochMs, ProcessKey } from '../../../shared/model/ids.ts'
import type {
  Batch,
  EngineDescription,
  Holder,
  OtherCounts,
  Snapshot,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { News } from './batch-pace.ts'
import { createByteCounts } from './byte-counts.ts'
import { describeEngine } from './describe.ts'
import { lastSnapshots, readNotEntered, tellSpaces } from './snapshots.ts'
import type { SampleContext, Space } from './space.ts'
import { createSuspects, type Suspects } from './suspects.ts'
import type { Watcher, WatcherDeps } from './watcher-parts.ts'

/** Descriptors can be passed between processes without any new socket: everything is read again this often. */
const ALL_EVERY_MS = 10_000
/** Without anything that moved, the rows are compared with the kernel's this often. */
const RECONCILE_MS = 5_000
const QUIET_RECONCILE_MS = 30_000
/** The kernel keeps some 330 closes for a plain user: enough for this long at a thousand a second. */
const DRAIN_EVERY_MS = 200

export function createWatcher(deps: WatcherDeps): Watcher {
  return new SocketWatcher(deps)
}

class SocketWatcher implements Watcher {
  readonly #deps: WatcherDeps
  readonly #suspects: Suspects
  /** Those that the next table is asked to have even if they end. */
  readonly #kept = new Set<number>()
  #readVersion = -1
  #unreadable: ReadonlySet<ProcessKey> = new Set()
  #isNamespaceUnreadable = false
  #isFound = false
  #hasTold = false
  /** A member ran since all descriptors were read. */
  #hasRun = true
  #drainedAt: EpochMs | null = null
  #lostSince: EpochMs | null = null
  readonly #byteCounts = createByteCounts()
  readonly #last = { drain: -Infinity, dump: -Infinity, all: -Infinity }

  constructor(deps: WatcherDeps) {
    this.#deps = deps
    this.#suspects = createSuspects(deps.gate, deps.clock)
  }

  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void {
    this.#suspects.watch(processes, kin)
    const members = this.#members()
    this.#deps.births.watch(
      members.map(({ pid }) => pid),
      kin,
    )
    this.#deps.spaces.follow(members)
  }

  #members(): readonly WatchedProcess[] {
    return this.#suspects.list.members()
  }

  async pulse(): Promise<News> {
    const { births, see, clock } = this.#deps
    const moved = this.#suspects.look()
    // Always: it costs a microsecond, and a plain user's queue of events holds some 170 lives of strangers.
    const told = births.since(moved)
    const born = see(told.born)
    this.#suspects.born(born)
    const quiet = told.started ? 'start' : told.stirred ? 'activity' : 'nothing'
    const isDue = clock.monotonicMs() - this.#last.drain >= DRAIN_EVERY_MS
    if (this.#suspects.isQuiet() && !isDue && !told.lost) return quiet
    this.#drainCloses(told.lost)
    if (this.#suspects.isQuiet()) return quiet
    this.#hasRun = true
    if (await this.#sample()) return 'socket'
    return born.length > 0 || told.started ? 'start' : 'activity'
  }

  #drainCloses(areBirthsLost: boolean): void {
    const at = this.#deps.clock.wallMs()
    let isLost = areBirthsLost
    for (const space of this.#deps.spaces.all())
      isLost = space.drainCloses(this.#context(space)) || isLost
    if (isLost) this.#lostSince ??= this.#drainedAt ?? at
    this.#drainedAt = at
    this.#last.drain = this.#deps.clock.monotonicMs()
  }

  /** A socket stays in the namespace that it was made in: who has left ours for another may still use one here. */
  #ranIn(space: Space): readonly WatchedProcess[] {
    const { spaces } = this.#deps
    return this.#suspects.ran((each) => space === spaces.own || spaces.of(each) === space)
  }

  #context(space: Space): SampleContext {
    const suspected = this.#suspects.hasEnded() || this.#isHidden() || this.#ranIn(space).length > 0
    return { at: this.#deps.clock.wallMs(), suspected }
  }

  #isHidden(): boolean {
    return this.#unreadable.size > 0
  }

  /** True when a watched process was found holding something new, or something of it ended. */
  async #sample(): Promise<boolean> {
    let isNews = false
    const unaccounted = new Set<number>()
    for (const space of this.#deps.spaces.all()) {
      const ran = this.#ranIn(space)
      if (ran.length === 0) continue
      isNews = (await this.#sampleOf(space, ran)) || isNews
      if (!space.isComplete() || space.ledger.unresolved().size > 0)
        for (const { pid } of ran) unaccounted.add(pid)
    }
    // In a namespace that cannot be entered only the batch can look.
    this.#suspects.clear(this.#suspects.ran(({ pid }) => !unaccounted.has(pid)))
    return isNews
  }

  async #sampleOf(space: Space, ran: readonly WatchedProcess[]): Promise<boolean> {
    const { held, clock } = this.#deps
    const { ledger } = space
    if (!space.dump(this.#context(space))) return false
    this.#last.dump = clock.monotonicMs()
    const hasEnded = ledger.hasEnded()
    if (ledger.unresolved().size === 0) return hasEnded
    const reading = await held.read(ran, ledger.isSecondLook(), ledger.unresolved())
    this.#unreadable = new Set([...this.#unreadable, ...reading.unreadable])
    const found = ledger.resolve(reading.held)
    this.#keepHolders(found)
    return hasEnded || found.length > 0
  }

  /** A process that made a connection and ends before the next listing is still somebody. */
  #keepHolders(found: readonly Holder[]): void {
    if (found.length > 0) this.#isFound = true
    const fresh = new Set(found.map(({ pid }) => pid).filter((pid) => !this.#kept.has(pid)))
    for (const pid of fresh) this.#kept.add(pid)
    if (fresh.size > 0) this.#deps.see([...fresh].map((pid) => ({ pid, parent: null })))
  }

  beforeListing(): void {
    const kin = this.#deps.births.newKin()
    if (kin.length > 0) this.#deps.see(kin)
  }

  async batch(): Promise<Batch> {
    const { clock, spaces } = this.#deps
    const now = clock.monotonicMs()
    const isAll = this.#isAllDue(now)
    const isStale = now - this.#last.dump >= (this.#hasRun ? RECONCILE_MS : QUIET_RECONCILE_MS)
    if (isAll || isStale) for (const space of spaces.all()) space.dump(this.#context(space))
    if (isStale) this.#last.dump = now
    if (isAll) await this.#readAll(now)
    this.#byteCounts.refresh(spaces.all(), now)
    const at = clock.wallMs()
    const [hostWide, watched] = [this.#isHidden(), this.#members()]
    const { bystanders } = this.#deps
    const entered = await tellSpaces(spaces.all(), { at, hostWide, watched, bystanders })
    const outside = watched.filter((member) => spaces.of(member) === null)
    const notEntered = await readNotEntered(outside, { own: spaces.own.netns, at }, this.#deps)
    this.#isNamespaceUnreadable = notEntered.isUnreadable
    return this.#told(at, [...entered.snapshots, ...notEntered.snapshots], entered.others)
  }

  lastBatch(): Batch | null {
    if (!this.#hasTold) return null
    this.#drainCloses(false)
    const { clock, spaces } = this.#deps
    for (const space of spaces.all()) this.#dumpLast(space)
    const hasEnded = spaces.all().some(({ ledger }) => ledger.hasEnded())
    if (!hasEnded && !this.#isFound) return null
    const at = clock.wallMs()
    const outside = this.#members().filter((member) => spaces.of(member) === null)
    const left = lastSnapshots(
      spaces.all(),
      outside.map(({ netns }) => netns),
      at,
    )
    return this.#told(at, left.snapshots, left.others)
  }

  /** The kernel tells of an end a moment later (through a queue of its own work): who stops now would not hear of it. */
  #dumpLast(space: Space): void {
    try {
      space.dump({ ...this.#context(space), isLast: true })
    } catch {
      // An engine is stopped also because the kernel refuses; what is known is told all the same.
    }
  }

  #told(at: EpochMs, snapshots: readonly Snapshot[], others: OtherCounts): Batch {
    const lostSince = this.#lostSince
    this.#kept.clear()
    this.#isFound = false
    this.#lostSince = null
    this.#hasTold = true
    return {
      at,
      snapshots,
      unreadable: [...this.#unreadable],
      others,
      attention: this.#suspects.takeAttention(),
      ...(lostSince === null ? {} : { lostSince }),
    }
  }

  #isAllDue(now: number): boolean {
    return (
      this.#readVersion !== this.#suspects.list.version() ||
      this.#isFound ||
      this.#isHidden() ||
      (this.#mayHaveChanged() && now - this.#last.all >= ALL_EVERY_MS)
    )
  }

  /** Who did not run was passed no descriptor either; the clocks of peers are not read. */
  #mayHaveChanged(): boolean {
    return this.#hasRun || this.#suspects.list.outsiders().some(({ kind }) => kind === 'peer')
  }

  /** Members, those above them and their peers: who else holds it, what was passed on, what is hidden. */
  async #readAll(now: number): Promise<void> {
    const { spaces, held } = this.#deps
    const { list } = this.#suspects
    const threads = now - this.#last.all >= ALL_EVERY_MS
    if (threads) {
      this.#last.all = now
      this.#hasRun = false
    }
    this.#readVersion = list.version()
    const reading = await held.read([...list.members(), ...list.outsiders()], threads)
    this.#unreadable = reading.unreadable
    for (const space of spaces.all()) {
      space.ledger.setHidden(this.#isHidden())
      // What was passed over until now is somebody's after all.
      if (space.ledger.refresh(reading.held)) space.dump(this.#context(space))
      this.#keepHolders(space.ledger.resolve(reading.held))
    }
  }

  nextDelayMs(): number {
    return this.#deps.gate.nextDelayMs()
  }

  describe(): EngineDescription {
    return describeEngine(this.#deps, {
      isClockHidden: this.#suspects.isClockHidden(),
      isProcessHidden: this.#isHidden(),
      isNamespaceUnreadable: this.#isNamespaceUnreadable,
    })
  }

  close(): void {
    this.#deps.spaces.close()
    this.#deps.births.close()
  }
}
