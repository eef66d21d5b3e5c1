/** Polls until something is true; a test never sleeps a fixed time and hopes. */
export interface WaitOptions {
  /** What is awaited, for the failure's message; a function is asked when the deadline passed. */
  readonly what: string | (() => string)
  readonly deadlineMs: number
  readonly everyMs?: number
}

/** The first value of `condition` that is neither undefined, null nor false; rejects once the deadline passed. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, deadlineMs, everyMs = 25 }: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) {
      return value as Exclude<T, undefined | null | false>
    }
    if (Date.now() >= end) {
      const missed = typeof what === 'string' ? what : what()
      throw new Error(`not within ${deadlineMs} ms: ${missed}`)
    }
    await pause(everyMs)
  }
}

/** For polling and for random phases only. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
