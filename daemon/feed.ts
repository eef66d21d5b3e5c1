/** Bounded fan-out: each subscriber has its own short queue, and a slow one loses its oldest values, never the daemon's time. */

export interface Feed<T> {
  publish(value: T): void
  /** Calls `listener` soon after each publication, in order. Returns how to unsubscribe. */
  subscribe(listener: (value: T) => void): () => void
  /** Values lost by slow subscribers since the start. */
  dropped(): number
}

/** `limit`: how many values may wait for one subscriber. */
export function createFeed<T>(limit: number): Feed<T> {
  const queues = new Map<(value: T) => void, T[]>()
  let dropped = 0
  let scheduled = false

  const drain = (): void => {
    scheduled = false
    for (const [listener, queue] of queues) {
      for (const value of queue.splice(0)) listener(value)
    }
  }
  return {
    publish(value) {
      for (const queue of queues.values()) {
        if (queue.length >= limit) {
          queue.shift()
          dropped += 1
        }
        queue.push(value)
      }
      if (scheduled) return
      scheduled = true
      setImmediate(drain)
    },
    subscribe(listener) {
      queues.set(listener, [])
      return () => {
        queues.delete(listener)
      }
    },
    dropped: () => dropped,
  }
}
