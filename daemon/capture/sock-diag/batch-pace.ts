/** When the daemon is told: at once when a watched process has a new socket, seldom while nothing happens. Pure. */

/** What a pulse brought; the most urgent counts. */
export type News = 'nothing' | 'activity' | 'start' | 'socket'

export interface BatchPace {
  isDue(news: News, nowMs: number): boolean
  /** When the most urgent of what came is due. */
  dueAt(): number
  told(nowMs: number): void
}

/** Several sockets that come together are told together. */
const SOCKET_MS = 100
/** A program started below a client may be a server, or one of a thousand of a build. */
const START_MS = 250
const ACTIVE_MS = 1_000
/** No watched process ran, and as far as the kernel tells none was started. */
const IDLE_MS = 4_000

/** `intervalMs`: the user's wish for the longest time between two batches; `socketMs`: from one socket to the next. */
export function createBatchPace(intervalMs: number | null, socketMs = SOCKET_MS): BatchPace {
  const longest = intervalMs ?? IDLE_MS
  const spacing: Readonly<Record<News, number>> = {
    nothing: longest,
    activity: Math.min(longest, ACTIVE_MS),
    start: Math.min(longest, START_MS),
    socket: Math.min(longest, socketMs),
  }
  let last = Number.NEGATIVE_INFINITY
  let pending: News = 'nothing'
  return {
    isDue(news, nowMs) {
      if (spacing[news] < spacing[pending]) pending = news
      return nowMs - last >= spacing[pending]
    },
    dueAt: () => last + spacing[pending],
    told(nowMs) {
      last = nowMs
      pending = 'nothing'
    },
  }
}
