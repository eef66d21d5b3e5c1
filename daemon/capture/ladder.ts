/**
 * The ladder of engines: the best that works here, a lower one while it does not, and back up when it does again. An
 * engine like any other for those who use it.
 */
import { McpWatchError } from '../../shared/errors.ts'
import type {
  EngineDescription,
  EngineName,
  WatchedProcess,
} from '../../shared/model/observation.ts'
import type { CaptureEngine, CaptureSink, Clock, Log } from '../ports.ts'

export interface Rung {
  readonly name: EngineName
  /** Throws when it cannot be used here. */
  open(): CaptureEngine
  /**
   * Changes when something did that may make it usable: it is tried at once then. Asked after each batch while a lower
   * rung is used.
   */
  signature?(): string
}

export interface LadderDeps {
  /** The best first; never empty. */
  readonly rungs: readonly [Rung, ...Rung[]]
  readonly clock: Clock
  readonly log: Log
}

/** One failed sample happens; so many in a row are no accident. */
const FAILURES_BEFORE_STEP = 3
/** How long a lower rung is kept before the better ones are tried again: longer each time that was in vain. */
const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 15 * 60_000

/** Throws what the last rung throws when none can be used. */
export function createLadder(deps: LadderDeps): CaptureEngine {
  return new Ladder(deps)
}

class Ladder implements CaptureEngine {
  readonly #deps: LadderDeps
  #at: number
  #engine: CaptureEngine
  #sink: CaptureSink | null = null
  #watched: readonly WatchedProcess[] = []
  #kin: ReadonlySet<number> = new Set()
  #failures = 0
  #retryMs = FIRST_RETRY_MS
  #retryAt = 0
  /** Set while one engine is stopped and the next begun, and when all is over. */
  #moving: Promise<void> | null = null
  #isStopped = false
  /** Why the rungs above are not used. */
  #refusals = new Map<EngineName, string>()
  #signature = ''

  constructor(deps: LadderDeps) {
    this.#deps = deps
    const { at, engine } = this.#openFrom(0)
    this.#at = at
    this.#engine = engine
    this.#retryAt = deps.clock.monotonicMs() + this.#retryMs
    this.#signature = this.#signatureAbove()
  }

  #signatureAbove(): string {
    const above = this.#deps.rungs.slice(0, this.#at)
    return above.map((rung) => rung.signature?.() ?? '').join()
  }

  #openFrom(first: number): { at: number; engine: CaptureEngine } {
    const { rungs } = this.#deps
    for (let at = first; ; at += 1) {
      const rung = rungs[at]
      if (rung === undefined)
        throw new McpWatchError('NO_ENGINE', 'No way of looking at sockets works here')
      try {
        const engine = rung.open()
        this.#refusals.delete(rung.name)
        return { at, engine }
      } catch (error) {
        this.#refuse(rung.name, error)
        if (at === rungs.length - 1) throw error
      }
    }
  }

  #refuse(name: EngineName, error: unknown): void {
    const reason =
      error instanceof McpWatchError
        ? error.message.replace(/\.$/, '')
        : 'it failed for a reason of our own'
    if (this.#refusals.get(name) === reason) return
    this.#refusals.set(name, reason)
    this.#deps.log.warn({ engine: name, err: error }, 'an engine cannot be used')
  }

  describe(): EngineDescription {
    const described = this.#engine.describe()
    const above = this.#deps.rungs.slice(0, this.#at)
    const refused = above.flatMap(({ name }) => {
      const reason = this.#refusals.get(name)
      const message = `The better engine ${name} is not used: ${reason ?? 'it failed'}.`
      return [{ code: 'better-engine-refused' as const, message }]
    })
    return { ...described, degraded: [...refused, ...described.degraded] }
  }

  start(sink: CaptureSink): void {
    this.#sink = sink
    this.#begin()
  }

  #begin(): void {
    const sink = this.#sink
    const engine = this.#engine
    if (sink === null) return
    /** Processes could not be listed: another engine would fare no better. */
    let preparing: unknown = null
    engine.watch(this.#watched, this.#kin)
    engine.start({
      prepare: async () => {
        if (engine !== this.#engine) return
        await sink.prepare().catch((error: unknown) => {
          preparing = error
          throw error
        })
      },
      accept: (batch) => {
        if (engine !== this.#engine) return
        this.#failures = 0
        sink.accept(batch)
        if (this.#moving === null) this.#maybeUp()
      },
      fail: (error) => {
        if (engine !== this.#engine) return
        if (error !== preparing) this.#failures += 1
        sink.fail(error)
        if (this.#moving === null && this.#failures >= FAILURES_BEFORE_STEP) this.#down(error)
      },
    })
  }

  #down(error: unknown): void {
    const rung = this.#deps.rungs[this.#at]
    if (rung === undefined || this.#at === this.#deps.rungs.length - 1) return
    this.#refuse(rung.name, error)
    this.#retryAt = this.#deps.clock.monotonicMs() + this.#retryMs
    this.#move(this.#at + 1)
  }

  #maybeUp(): void {
    if (this.#at === 0) return
    const before = this.#signature
    this.#signature = this.#signatureAbove()
    const isDue = this.#deps.clock.monotonicMs() >= this.#retryAt
    if (!isDue && this.#signature === before) return
    if (isDue) this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
    this.#retryAt = this.#deps.clock.monotonicMs() + this.#retryMs
    this.#move(0)
  }

  /** To the first rung from `first` on that opens; stays where it is when that is the one it stands on. */
  #move(first: number): void {
    if (this.#moving !== null || this.#isStopped) return
    let next: { at: number; engine: CaptureEngine }
    try {
      next = this.#openFrom(first)
    } catch {
      return
    }
    if (next.at === this.#at) {
      void next.engine.stop()
      return
    }
    const { log, rungs } = this.#deps
    const from = rungs[this.#at]?.name
    // Not awaited by the sample that is just failing: it would wait for itself. Until then the old engine is heard.
    this.#moving = this.#engine.stop().then(() => {
      this.#at = next.at
      this.#engine = next.engine
      this.#failures = 0
      this.#moving = null
      this.#signature = this.#signatureAbove()
      log.info({ from, to: rungs[next.at]?.name }, 'another engine is used')
      if (!this.#isStopped) this.#begin()
    })
  }

  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number> = new Set()): void {
    this.#watched = processes
    this.#kin = kin
    this.#engine.watch(processes, kin)
  }

  hurry(): void {
    this.#engine.hurry()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#moving
    await this.#engine.stop()
  }
}
