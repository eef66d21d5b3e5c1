/**
 * The engine `sock-diag`: asks the kernel for its sockets whenever a watched process has run, and tells the daemon from
 * time to time, sooner when there is news. A process that has not run has not opened a socket.
 */

import type { CaptureEngine, CaptureSink, Clock } from '../../ports.ts'
import { type BatchPace, createBatchPace } from './batch-pace.ts'
import type { Watcher } from './watcher-parts.ts'

export interface SockDiagEngineDeps {
  readonly clock: Clock
  readonly watcher: Watcher
  /** Longest time in ms between two batches; default 1000, and longer while nothing happens. */
  readonly intervalMs?: number
  /** Resolves after the time; for tests. */
  readonly wait?: (ms: number) => Promise<void>
}

/** After a failure, so that a machine that refuses is not asked fifty times a second. */
const REST_AFTER_FAILURE_MS = 1_000

export function createSockDiagEngine(deps: SockDiagEngineDeps): CaptureEngine {
  const { watcher, clock } = deps
  const abort = new AbortController()
  const wait = deps.wait ?? timersUntil(abort.signal)
  const pace = createBatchPace(deps.intervalMs ?? null)
  let running: Promise<void> | null = null
  let ending: Promise<void> | null = null
  let hearer: CaptureSink | null = null
  let hurried = false
  const isHurried = (): boolean => {
    const was = hurried
    hurried = false
    return was
  }
  return {
    describe: () => watcher.describe(),
    start: (sink) => {
      hearer ??= sink
      running ??= loop({ clock, watcher, wait, pace, sink, signal: abort.signal, isHurried })
    },
    hurry: () => {
      hurried = true
    },
    watch: (processes, kin = new Set()) => watcher.watch(processes, kin),
    stop: () => {
      abort.abort()
      ending ??= (running ?? Promise.resolve()).then(() => {
        if (hearer !== null) tellLast(watcher, hearer)
        watcher.close()
      })
      return ending
    },
  }
}

/** What ended since the last batch would be lost with the engine. All of it is done on one stack: it cannot hang. */
function tellLast(watcher: Watcher, sink: CaptureSink): void {
  let batch: ReturnType<Watcher['lastBatch']>
  try {
    batch = watcher.lastBatch()
  } catch {
    // An engine is stopped also because the kernel refuses; that was told when it did.
    return
  }
  try {
    if (batch !== null) sink.accept(batch)
  } catch (error) {
    sink.fail(error)
  }
}

interface Running {
  readonly clock: Clock
  readonly watcher: Watcher
  readonly wait: (ms: number) => Promise<void>
  readonly pace: BatchPace
  readonly sink: CaptureSink
  readonly signal: AbortSignal
  /** Says so once. */
  readonly isHurried: () => boolean
}

async function loop({
  clock,
  watcher,
  wait,
  pace,
  sink,
  signal,
  isHurried,
}: Running): Promise<void> {
  while (!signal.aborted) {
    let restMs = REST_AFTER_FAILURE_MS
    try {
      const seen = await watcher.pulse()
      const news = isHurried() && seen !== 'socket' ? 'start' : seen
      if (pace.isDue(news, clock.monotonicMs())) {
        watcher.beforeListing()
        await sink.prepare()
        if (signal.aborted) return
        // What a batch has taken from the ledger is told, also when the end was asked for meanwhile.
        sink.accept(await watcher.batch())
        pace.told(clock.monotonicMs())
      }
      restMs = watcher.nextDelayMs()
    } catch (error) {
      if (signal.aborted) return
      pace.told(clock.monotonicMs())
      sink.fail(error)
    }
    if (!signal.aborted) await wait(restMs)
  }
}

/**
 * Plain timers, and one listener for all of them: node:timers/promises and a listener each cost several times as much,
 * which tells at fifty a second.
 */
function timersUntil(signal: AbortSignal): (ms: number) => Promise<void> {
  let wake = (): void => undefined
  signal.addEventListener('abort', () => wake())
  return (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
}
