/** The pause between two samples, which ends sooner when somebody is in a hurry. */

/** Resolves after the time or, without an error, as soon as the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

export interface Pause {
  /** For so long; `shortMs` when there was a hurry since the last pause, or is one now. */
  rest(fullMs: number, shortMs: number): Promise<void>
  hurry(): void
  /** No pause any more. */
  end(): void
}

export function createPause(wait: Wait, monotonicMs: () => number): Pause {
  let isHurried = false
  let isOver = false
  let wake = (): void => undefined
  // A signal of its own each time: what waits on one that lives on would be kept by it.
  const sleep = async (ms: number): Promise<void> => {
    const bell = new AbortController()
    wake = () => bell.abort()
    if (isOver) bell.abort()
    await wait(ms, bell.signal)
  }
  return {
    async rest(fullMs, shortMs) {
      const began = monotonicMs()
      if (!isHurried) await sleep(fullMs)
      const leftMs = Math.min(fullMs, shortMs) - (monotonicMs() - began)
      if (isHurried && !isOver && leftMs > 0) await sleep(leftMs)
      isHurried = false
    },
    hurry() {
      if (isHurried) return
      isHurried = true
      wake()
    },
    end() {
      isOver = true
      wake()
    },
  }
}
