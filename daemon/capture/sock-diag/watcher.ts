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
import type { Space } from './space.ts'
import { createWatchList } from './watch-list.ts'

export interface WatcherDeps {
  readonly clock: Clock
  readonly uid: number
  /** The sockets of our own network namespace. */
  readonly space: Space
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
  readonly #seen = new Set<number>()
  #readVersion = -1
  #unreadable: ReadonlySet<ProcessKey> = new Set()
  #isNamespaceUnreadable = false
  #isClockHidden = false
  #foundSinceBatch = false
  #drainedAt: EpochMs | null = null
  #lostSince: EpochMs | null = null
  readonly #last = { dump: -Infinity, all: -Infinity, bytes: -Infinity, blind: -Infinity }

  constructor(deps: WatcherDeps) {
    this.#deps = deps
  }

  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void {
    const known = new Set(this.#list.members().map(({ key }) => key))
    this.#list.set(processes, kin)
    for (const { key, pid } of this.#list.members()) if (!known.has(key)) this.#ran.add(pid)
    this.#deps.births.watch(
      this.#list.members().map(({ pid }) => pid),
      kin,
    )
  }

  async pulse(): Promise<News> {
    const { births, gate, space, see, clock } = this.#deps
    const told = births.drain()
    const moved = this.#lookAtClocks(gate)
    const born = see([...told.born, ...births.childrenOf(moved)])
    this.#list.born(born)
    for (const { pid } of born) this.#ran.add(pid)
    const lost = space.drainCloses(this.#context())
    this.#noteLoss(told.lost || lost, clock.wallMs())
    if (this.#ran.size === 0) return told.started ? 'start' : 'nothing'
    const found = await this.#sample()
    if (found) return 'socket'
    return told.started || born.length > 0 ? 'start' : 'activity'
  }

  #lookAtClocks(gate: Gate): readonly number[] {
    const { moved, gone, unreadable } = gate.look(this.#list.members().map(({ pid }) => pid))
    for (const pid of moved) this.#ran.add(pid)
    // What it left behind is looked at once more.
    for (const pid of gone) this.#ran.add(pid)
    this.#list.forget(gone)
    this.#isClockHidden = unreadable.length > 0
    const now = this.#deps.clock.monotonicMs()
    if (this.#isClockHidden && now - this.#last.blind >= BLIND_EVERY_MS) {
      this.#last.blind = now
      for (const pid of unreadable) this.#ran.add(pid)
    }
    return moved
  }

  #noteLoss(isLost: boolean, at: EpochMs): void {
    if (isLost) this.#lostSince ??= this.#drainedAt ?? at
    this.#drainedAt = at
  }

  #context(): { at: EpochMs; suspected: boolean } {
    return { at: this.#deps.clock.wallMs(), suspected: this.#ran.size > 0 || this.#isHidden() }
  }

  #isHidden(): boolean {
    return this.#unreadable.size > 0
  }

  /** True when a watched process was found holding something new, or something of it ended. */
  async #sample(): Promise<boolean> {
    const { space, held, clock } = this.#deps
    const complete = space.dump(this.#context())
    if (!complete) return false
    this.#last.dump = clock.monotonicMs()
    const isNews = space.ledger.hasEnded()
    if (space.ledger.unresolved().size === 0) {
      this.#ran.clear()
      return isNews
    }
    const suspects = this.#list.members().filter(({ pid }) => this.#ran.has(pid))
    const reading = await held.read(suspects, space.ledger.isSecondLook())
    for (const key of reading.unreadable) this.#unreadable = new Set([...this.#unreadable, key])
    const found = space.ledger.resolve(reading.held, true)
    this.#keepHolders(found)
    if (space.ledger.unresolved().size === 0) this.#ran.clear()
    return isNews || found.length > 0
  }

  /** A process that made a connection and ends before the next listing is still somebody. */
  #keepHolders(found: readonly Holder[]): void {
    if (found.length > 0) this.#foundSinceBatch = true
    const fresh = found.filter(({ pid }) => !this.#seen.has(pid))
    for (const { pid } of fresh) this.#seen.add(pid)
    this.#deps.see(fresh.map(({ pid }) => ({ pid, parent: null })))
  }

  async batch(): Promise<Batch> {
    const { clock, space, others, gate } = this.#deps
    const now = clock.monotonicMs()
    const isAll = this.#isAllDue(now)
    if (isAll || this.#ran.size > 0 || now - this.#last.dump >= RECONCILE_MS) await this.#sample()
    if (isAll) await this.#readAll(now)
    if (now - this.#last.bytes >= BYTES_EVERY_MS) {
      this.#last.bytes = now
      space.refreshBytes()
    }
    const at = clock.wallMs()
    const foreign = await others.read(space.netns, this.#list.members())
    this.#isNamespaceUnreadable = foreign.unreadable
    const own = await this.#ownSnapshot(at)
    const lostSince = this.#lostSince
    this.#seen.clear()
    this.#foundSinceBatch = false
    this.#lostSince = null
    return {
      at,
      snapshots: [
        own.snapshot,
        ...(await this.#withHolders(namespaceSnapshots(foreign.namespaces, at))),
      ],
      unreadable: [...this.#unreadable],
      others: own.others,
      attention: this.#attention(gate),
      ...(lostSince === null ? {} : { lostSince }),
    }
  }

  #isAllDue(now: number): boolean {
    return (
      this.#readVersion !== this.#list.version() ||
      this.#foundSinceBatch ||
      this.#isHidden() ||
      now - this.#last.all >= ALL_EVERY_MS
    )
  }

  /** Members, those above them and their peers: who else holds it, what was passed on, what is hidden. */
  async #readAll(now: number): Promise<void> {
    const { space, held } = this.#deps
    const threads = now - this.#last.all >= ALL_EVERY_MS
    if (threads) this.#last.all = now
    this.#readVersion = this.#list.version()
    const everybody = [...this.#list.members(), ...this.#list.outsiders()]
    const reading = await held.read(everybody, threads)
    this.#unreadable = reading.unreadable
    space.ledger.setHidden(this.#isHidden())
    if (space.ledger.refresh(reading.held)) {
      // What was passed over until now is somebody's after all.
      space.dump(this.#context())
    }
    this.#keepHolders(space.ledger.resolve(reading.held, true))
  }

  async #ownSnapshot(at: EpochMs) {
    const { space, bystanders } = this.#deps
    const { rows, others } = space.ledger.take()
    const isHidden = this.#isHidden()
    const loose = rows.filter((row) => row.holders.length === 0 && row.remote !== null)
    const inodes = new Set(loose.flatMap(({ inode }) => (inode === null ? [] : [inode])))
    const watched = new Set(this.#list.members().map(({ pid }) => pid))
    const unclaimed = isHidden ? await bystanders.unclaimed(inodes, watched) : new Set<number>()
    const marked = rows.map((row) =>
      row.holders.length === 0 && row.inode !== null && unclaimed.has(row.inode)
        ? { ...row, unclaimed: true as const }
        : row,
    )
    const snapshot = {
      kind: 'snapshot' as const,
      netns: space.netns,
      at,
      complete: space.isComplete(),
      hostWide: isHidden,
      rows: marked,
    }
    return { snapshot, others }
  }

  /** Namespaces that only /proc tells of: their sockets have no cookies, so their holders are read each time. */
  async #withHolders(
    snapshots: ReturnType<typeof namespaceSnapshots>,
  ): Promise<Batch['snapshots']> {
    if (snapshots.length === 0) return []
    const spaces = new Set(snapshots.map(({ netns }) => netns))
    const inside = this.#list.members().filter(({ netns }) => netns !== null && spaces.has(netns))
    const { held } = await this.#deps.held.read(inside, false)
    return snapshots.map((snapshot) => ({
      ...snapshot,
      rows: snapshot.rows.map((row) => {
        const holders = row.inode === null ? undefined : held.get(row.inode)
        return holders === undefined ? row : { ...row, holders }
      }),
    }))
  }

  #attention(gate: Gate): readonly Attention[] {
    return gate.takeAttention().flatMap(({ pid, quietMs, activeMs, seen50Ms }) => {
      const process = this.#list.member(pid)?.key
      return process === undefined ? [] : [{ process, quietMs, activeMs, seen50Ms }]
    })
  }

  nextDelayMs(): number {
    return this.#deps.gate.nextDelayMs()
  }

  describe(): EngineDescription {
    const { uid, births, space, gate } = this.#deps
    const reasons: DegradedReason[] = ['gated-sampling', 'unconnected-udp']
    if (uid !== 0) reasons.push('other-users-not-readable')
    if (!births.isWorking()) reasons.push('no-process-events')
    if (!space.hearsCloses()) reasons.push('no-close-events')
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
    this.#deps.space.close()
    this.#deps.births.close()
  }
}
