/** The loop of an engine that looks from time to time: one sample after another, never two at once. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Batch } from '../../shared/model/observation.ts'
import type { CaptureSink, Clock } from '../ports.ts'
import { FULL_PACE, nextPace, type Pace } from './pace.ts'
import { createPause, type Pause, type Wait } from './pause.ts'

export type { Wait } from './pause.ts'

/** How much of the interval passes between two samples however great the hurry: a look is dear. */
const HURRIED_SHARE = 1 / 4

export interface SamplerDeps {
  readonly intervalMs: number
  readonly clock: Clock
  readonly wait: Wait
  /** Takes one sample. Rejects when nothing came of it. */
  readonly sample: (signal: AbortSignal) => Promise<Batch>
}

export interface Sampler {
  start(sink: CaptureSink): void
  stop(): Promise<void>
  /** The next sample is taken sooner, once. */
  hurry(): void
  /** The interval in force, longer than the engine's own while samples are slow. */
  intervalMs(): number
  slow(): boolean
  /** True while the last sample failed. */
  failed(): boolean
}

export const waitForTimer: Wait = async (ms, signal) => {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    // Aborted: the loop looks at the signal itself.
  }
}

export function createSampler(deps: SamplerDeps): Sampler {
  const abort = new AbortController()
  const state = { pace: FULL_PACE as Pace, failed: false, loop: null as Promise<void> | null }
  const intervalMs = (): number => deps.intervalMs * state.pace.factor
  const pause = createPause(deps.wait, () => deps.clock.monotonicMs())
  return {
    start: (sink) => {
      state.loop ??= loop(
        { deps, pause, signal: abort.signal, intervalMs },
        sink,
        (elapsedMs, failed) => {
          state.pace = nextPace(state.pace, deps.intervalMs, elapsedMs)
          state.failed = failed
        },
      )
    },
    stop: async () => {
      abort.abort()
      pause.end()
      await state.loop
    },
    hurry: () => pause.hurry(),
    intervalMs,
    slow: () => state.pace.factor > 1,
    failed: () => state.failed,
  }
}

type Account = (elapsedMs: number, failed: boolean) => void

interface Looping {
  readonly deps: SamplerDeps
  readonly pause: Pause
  readonly signal: AbortSignal
  readonly intervalMs: () => number
}

async function loop(
  { deps, pause, signal, intervalMs }: Looping,
  sink: CaptureSink,
  account: Account,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = deps.clock.monotonicMs()
    await once(deps, sink, signal, account)
    const spent = deps.clock.monotonicMs() - startedAt
    // A rest of a tenth even after a sample longer than the interval: the machine is ours to share.
    const restMs = Math.max(intervalMs() - spent, intervalMs() / 10)
    await pause.rest(restMs, intervalMs() * HURRIED_SHARE)
  }
}

async function once(
  deps: SamplerDeps,
  sink: CaptureSink,
  signal: AbortSignal,
  account: Account,
): Promise<void> {
  try {
    await sink.prepare()
    if (signal.aborted) return
    const batch = await timed(deps, signal, account)
    if (!signal.aborted) sink.accept(batch)
  } catch (error) {
    if (!signal.aborted) sink.fail(error)
  }
}

/** Only the sample itself sets the pace, not what the rest of the daemon does with it. */
async function timed(deps: SamplerDeps, signal: AbortSignal, account: Account): Promise<Batch> {
  const startedAt = deps.clock.monotonicMs()
  let failed = true
  try {
    const batch = await deps.sample(signal)
    failed = false
    return batch
  } finally {
    account(deps.clock.monotonicMs() - startedAt, failed)
  }
}
