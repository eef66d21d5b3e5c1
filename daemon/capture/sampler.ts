/** The loop of an engine that looks from time to time: one sample after another, never two at once. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Batch } from '../../shared/model/observation.ts'
import type { CaptureSink, Clock } from '../ports.ts'
import { FULL_PACE, nextPace, type Pace } from './pace.ts'

/** Resolves after the time or, without an error, as soon as the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

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
  return {
    start: (sink) => {
      state.loop ??= loop(deps, sink, abort.signal, intervalMs, (elapsedMs, failed) => {
        state.pace = nextPace(state.pace, deps.intervalMs, elapsedMs)
        state.failed = failed
      })
    },
    stop: async () => {
      abort.abort()
      await state.loop
    },
    intervalMs,
    slow: () => state.pace.factor > 1,
    failed: () => state.failed,
  }
}

type Account = (elapsedMs: number, failed: boolean) => void

async function loop(
  deps: SamplerDeps,
  sink: CaptureSink,
  signal: AbortSignal,
  intervalMs: () => number,
  account: Account,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = deps.clock.monotonicMs()
    await once(deps, sink, signal, account)
    const spent = deps.clock.monotonicMs() - startedAt
    // A rest of a tenth even after a sample longer than the interval: the machine is ours to share.
    await deps.wait(Math.max(intervalMs() - spent, intervalMs() / 10), signal)
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
