/**
 * The engine `bpf`: the kernel tells of every attempt to connect as it is made, and of how it went. Sockets are looked
 * at besides, from time to time: for listeners, for connections that others made, and for those older than we are.
 */
import type { Batch } from '../../../shared/model/observation.ts'
import type { CaptureEngine, CaptureSink, Clock } from '../../ports.ts'
import { type BatchPace, createBatchPace, type News } from '../sock-diag/batch-pace.ts'
import type { Watcher } from '../sock-diag/watcher-parts.ts'
import type { Attempts } from './attempts.ts'
import { describeExact } from './describe.ts'
import type { AttemptBook, ExactSource } from './parts.ts'
import { createRest } from './rest.ts'
import { createWaking } from './waking.ts'

export interface ExactEngineDeps {
  readonly clock: Clock
  /** CLOCK_MONOTONIC, the clock of the records. */
  readonly monotonicNs: () => number
  readonly source: ExactSource
  readonly book: AttemptBook
  readonly attempts: Attempts
  readonly watcher: Watcher
  /** Longest time in ms between two batches. */
  readonly intervalMs?: number
}

/** What comes in one go, as a rule the connections of one request, is told in one batch. */
const NEWS_MS = 25
/** For what others connect to servers, and what is older than the engine. */
const LOOK_EVERY_MS = 1_000
/** Until it is listed a process is known by its birth alone; what strangers do meanwhile is gone through for it. */
const UNLISTED_MS = 5_000
const REST_AFTER_FAILURE_MS = 1_000
/** Whoever is told that nothing comes any more three times takes another engine. */
const REST_AFTER_END_MS = 20

export function createExactEngine(deps: ExactEngineDeps): CaptureEngine {
  return new ExactEngine(deps)
}

class ExactEngine implements CaptureEngine {
  readonly #deps: ExactEngineDeps
  readonly #pace: BatchPace
  readonly #abort = new AbortController()
  readonly #waking = createWaking()
  readonly #rest = createRest()
  #running: Promise<void> | null = null
  #ending: Promise<void> | null = null
  #sink: CaptureSink | null = null
  #isHurried = false
  /** The most urgent that was heard of births since the last look. */
  #births: News = 'nothing'
  /** Why nothing comes any more. */
  #end: { readonly error: unknown } | null = null
  #lookAt = Number.NEGATIVE_INFINITY
  /** When somebody was born who may be ours. */
  #bornAt = Number.NEGATIVE_INFINITY
  #restUntil = Number.NEGATIVE_INFINITY
  #heardAt: number
  #lostSince: number | null = null
  #hasTold = false

  constructor(deps: ExactEngineDeps) {
    this.#deps = deps
    this.#heardAt = deps.clock.wallMs()
    this.#pace = createBatchPace(deps.intervalMs ?? null, NEWS_MS)
  }

  describe() {
    return describeExact(this.#deps.watcher.describe(), this.#deps.source)
  }

  start(sink: CaptureSink): void {
    if (this.#running !== null) return
    this.#sink = sink
    this.#deps.source.start({
      wake: () => this.#waking.wake(),
      fail: (error, silentMs = 0) => {
        this.#end = { error }
        if (silentMs > 0) this.#lostSince = this.#deps.clock.wallMs() - silentMs
        this.#waking.wake()
      },
    })
    this.#running = this.#loop(sink)
  }

  watch(...[processes, kin = new Set()]: Parameters<CaptureEngine['watch']>): void {
    this.#deps.watcher.watch(processes, kin)
    this.#deps.attempts.watch(processes)
  }

  hurry(): void {
    this.#isHurried = true
    this.#waking.wake()
  }

  stop(): Promise<void> {
    this.#abort.abort()
    this.#waking.wake()
    this.#ending ??= this.#stopped()
    return this.#ending
  }

  async #stopped(): Promise<void> {
    await this.#running
    if (this.#sink !== null) this.#tellLast(this.#sink)
    await this.#deps.source.stop()
    this.#deps.watcher.close()
  }

  async #loop(sink: CaptureSink): Promise<void> {
    const { clock } = this.#deps
    while (!this.#abort.signal.aborted) {
      let restMs: number
      try {
        const news = await this.#look()
        const now = clock.monotonicMs()
        const isDue = this.#pace.isDue(news, now)
        if (isDue && now >= this.#restUntil) await this.#tell(sink)
        restMs = this.#nextMs()
      } catch (error) {
        if (this.#abort.signal.aborted) return
        sink.fail(error)
        this.#pace.told(clock.monotonicMs())
        restMs = this.#end === null ? REST_AFTER_FAILURE_MS : REST_AFTER_END_MS
        this.#waking.forget()
      }
      if (!this.#abort.signal.aborted) await this.#waking.wait(restMs)
    }
  }

  /** Takes in all that came, and looks at sockets where that is due. */
  async #look(): Promise<News> {
    const { watcher, attempts, book, clock } = this.#deps
    if (this.#end !== null) throw this.#end.error
    this.#hear()
    const births = this.#births
    this.#births = 'nothing'
    const now = clock.monotonicMs()
    const isDue = now >= this.#lookAt
    const pulse = isDue ? await watcher.pulse() : 'nothing'
    if (isDue) this.#lookAt = clock.monotonicMs() + LOOK_EVERY_MS
    // It hears of births by itself.
    if (pulse === 'start' || pulse === 'socket') this.#bornAt = clock.monotonicMs()
    const isHurried = this.#isHurried
    this.#isHurried = false
    if (book.isUrgent() || attempts.isOwnerWanted() || pulse === 'socket') return 'socket'
    if (isHurried || births === 'start') return 'start'
    // What was told to be open is over: that can wait.
    if (book.hasNews()) return 'activity'
    return births === 'nothing' ? pulse : births
  }

  #hear(): void {
    const { attempts, book, clock, watcher } = this.#deps
    const at = clock.wallMs()
    const lost = attempts.take() + book.takeLost()
    if (lost > 0) this.#lostSince ??= this.#heardAt
    this.#heardAt = at
    const births = watcher.hearBirths()
    const now = clock.monotonicMs()
    if (births !== 'nothing') this.#bornAt = now
    if (births === 'start' || this.#births === 'nothing') this.#births = births
    if (now - this.#bornAt < UNLISTED_MS) attempts.claimNew()
  }

  async #tell(sink: CaptureSink): Promise<void> {
    const { watcher, attempts, book, clock } = this.#deps
    const before = process.cpuUsage()
    watcher.beforeListing()
    attempts.beforeListing()
    await sink.prepare()
    if (this.#abort.signal.aborted) return
    sink.accept(this.#merged(await watcher.batch()))
    this.#hasTold = true
    const now = clock.monotonicMs()
    this.#pace.told(now)
    // Of the processor: on a busy machine most of the time is spent waiting for it.
    const { user, system } = process.cpuUsage(before)
    this.#restUntil = now + this.#rest.after((user + system) / 1_000, now, book.hasNews())
    // Heard while this was told: a server that was started meanwhile is in no list yet.
    if (this.#births === 'start') this.#waking.wake()
  }

  /** What was sampled and what was told, as one. */
  #merged(sampled: Batch): Batch {
    const { attempts, book, monotonicNs } = this.#deps
    // What came while sockets were looked at: an end told by the kernel says more than one that was seen.
    this.#hear()
    attempts.settle()
    const { at } = sampled
    const told = book.tell(sampled.snapshots, { at, atNs: monotonicNs() })
    const lost = [sampled.lostSince, this.#lostSince].filter((each) => typeof each === 'number')
    this.#lostSince = null
    return {
      ...sampled,
      snapshots: told.snapshots,
      rawSockets: [...told.rawSockets, ...(sampled.rawSockets ?? [])],
      seesDatagrams: true,
      attention: (sampled.attention ?? []).map((each) => ({ ...each, seen50Ms: each.activeMs })),
      ...(lost.length === 0 ? {} : { lostSince: Math.min(...lost) }),
    }
  }

  /** What ended since the last batch would be lost with the engine. On one stack: it cannot hang. */
  #tellLast(sink: CaptureSink): void {
    if (!this.#hasTold) return
    try {
      const { watcher, book, clock } = this.#deps
      this.#hear()
      const sampled = watcher.lastBatch()
      if (sampled === null && !book.hasNews() && this.#lostSince === null) return
      const none = { at: clock.wallMs(), snapshots: [], unreadable: [] }
      sink.accept(this.#merged(sampled ?? none))
      while (book.hasNews()) sink.accept(this.#merged(none))
    } catch (error) {
      sink.fail(error)
    }
  }

  /** Until something is to be told, or sockets are to be looked at. */
  #nextMs(): number {
    const now = this.#deps.clock.monotonicMs()
    const tellAt = Math.max(this.#pace.dueAt(), this.#restUntil)
    return Math.max(1, Math.min(this.#lookAt, tellAt) - now)
  }
}
