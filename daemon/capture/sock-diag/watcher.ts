/**
 * What the engine does at each pulse: see which watched processes have run, take a sample if one has, find out who
 * holds what is new. And what it tells the daemon of it all, from time to time.
 */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type {
  Batch,
  EngineDescription,
  OtherCounts,
  Snapshot,
  WatchedProcess,
} from '../../../shared/model/observation.ts'
import type { News } from './batch-pace.ts'
import { createByteCounts } from './byte-counts.ts'
import { describeEngine } from './describe.ts'
import { CLIENTS_EVERY_MS, createReading, type Reading } from './reading.ts'
import { lastSnapshots, readNotEntered, tellSpaces } from './snapshots.ts'
import type { SampleContext, Space } from './space.ts'
import { createSuspects, type Suspects } from './suspects.ts'
import type { Watcher, WatcherDeps } from './watcher-parts.ts'

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
  readonly #reading: Reading
  #notEntered = { isUnreadable: false, isContainerSampled: false }
  #hasTold = false
  #areBirthsLost = false
  #drainedAt: EpochMs | null = null
  #lostSince: EpochMs | null = null
  readonly #byteCounts = createByteCounts()
  readonly #last = { drain: -Infinity, dump: -Infinity }

  constructor(deps: WatcherDeps) {
    this.#deps = deps
    this.#suspects = createSuspects(deps.gate, deps.clock)
    this.#reading = createReading({ ...deps, list: this.#suspects.list })
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
    const quiet = this.hearBirths(this.#suspects.look())
    const isDue = this.#deps.clock.monotonicMs() - this.#last.drain >= DRAIN_EVERY_MS
    if (this.#suspects.isQuiet() && !isDue && !this.#areBirthsLost) return quiet
    this.#drainCloses()
    if (this.#suspects.isQuiet()) return quiet
    this.#reading.ran()
    if (await this.#sample()) return 'socket'
    return quiet === 'start' ? 'start' : 'activity'
  }

  hearBirths(moved: readonly number[] = []): News {
    // Always: it costs a microsecond, and a plain user's queue of events holds some 170 lives of strangers.
    const told = this.#deps.births.since(moved)
    const born = this.#deps.see(told.born)
    this.#suspects.born(born)
    this.#areBirthsLost ||= told.lost
    if (told.started || born.length > 0) return 'start'
    // Somebody was born and is gone already, or somewhere something was started.
    return told.stirred || told.born.length > 0 ? 'activity' : 'nothing'
  }

  #drainCloses(): void {
    const at = this.#deps.clock.wallMs()
    let isLost = this.#areBirthsLost
    this.#areBirthsLost = false
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
    const { clock, knowsAttempts } = this.#deps
    const hasRun = this.#suspects.hasEnded() || this.#ranIn(space).length > 0
    const suspected = knowsAttempts !== true && (hasRun || this.#reading.isHidden())
    return { at: clock.wallMs(), suspected }
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
    const { ledger } = space
    if (!space.dump(this.#context(space))) return false
    this.#last.dump = this.#deps.clock.monotonicMs()
    const hasEnded = ledger.hasEnded()
    if (ledger.unresolved().size === 0) return hasEnded
    return (await this.#reading.readNew(space, ran)) || hasEnded
  }

  beforeListing(): void {
    const kin = this.#deps.births.newKin()
    if (kin.length > 0) this.#deps.see(kin)
  }

  async batch(): Promise<Batch> {
    const { clock, spaces } = this.#deps
    const now = clock.monotonicMs()
    const isAll = this.#reading.isAllDue()
    const areClientsDue = this.#reading.areClientsDue()
    const quiet = this.#reading.hasRun() ? RECONCILE_MS : QUIET_RECONCILE_MS
    const rest = areClientsDue ? CLIENTS_EVERY_MS : quiet
    const isStale = now - this.#last.dump >= rest
    const dump = (space: Space): void => void space.dump(this.#context(space))
    if (isAll || isStale) spaces.all().forEach(dump)
    if (isStale) this.#last.dump = now
    if (isAll || (areClientsDue && this.#reading.hasMet(spaces.all())))
      await this.#reading.readAll(spaces.all(), dump)
    this.#byteCounts.refresh(spaces.all(), now)
    const at = clock.wallMs()
    const [hostWide, watched] = [this.#reading.isHidden(), this.#members()]
    const { bystanders } = this.#deps
    const entered = await tellSpaces(spaces.all(), { at, hostWide, watched, bystanders })
    const outside = watched.filter((member) => spaces.of(member) === null)
    const notEntered = await readNotEntered(outside, { own: spaces.own.netns, at }, this.#deps)
    this.#notEntered = notEntered
    return this.#told(at, [...entered.snapshots, ...notEntered.snapshots], entered.others)
  }

  lastBatch(): Batch | null {
    if (!this.#hasTold) return null
    this.#drainCloses()
    const { clock, spaces } = this.#deps
    for (const space of spaces.all()) this.#dumpLast(space)
    const hasEnded = spaces.all().some(({ ledger }) => ledger.hasEnded())
    if (!hasEnded && !this.#reading.hasFound()) return null
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
    const rawSockets = this.#reading.packets()
    this.#reading.told()
    this.#lostSince = null
    this.#hasTold = true
    return {
      at,
      snapshots,
      unreadable: [...this.#reading.unreadable()],
      others,
      attention: this.#suspects.takeAttention(),
      ...(rawSockets.length === 0 ? {} : { rawSockets }),
      ...(lostSince === null ? {} : { lostSince }),
    }
  }

  nextDelayMs(): number {
    return this.#deps.gate.nextDelayMs()
  }

  describe(): EngineDescription {
    return describeEngine(this.#deps, {
      isClockHidden: this.#suspects.isClockHidden(),
      isProcessHidden: this.#reading.isHidden(),
      isNamespaceUnreadable: this.#notEntered.isUnreadable,
      isContainerSampled: this.#notEntered.isContainerSampled,
    })
  }

  close(): void {
    this.#deps.spaces.close()
    this.#deps.births.close()
  }
}
