/** One sleeper that can be woken, also in advance. Plain timers: node:timers/promises cost several times as much. */

export interface Waking {
  /** Resolves after the time, or as soon as it is woken; at once where that was done since the last wait. */
  wait(ms: number): Promise<void>
  wake(): void
  /** The next wait lasts its time, whatever came before. */
  forget(): void
}

export function createWaking(): Waking {
  let isWoken = false
  let rouse: (() => void) | null = null
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          rouse = null
          isWoken = false
          resolve()
        }
        const timer = setTimeout(end, isWoken ? 0 : ms)
        rouse = end
      }),
    wake() {
      isWoken = true
      rouse?.()
    },
    forget() {
      isWoken = false
    },
  }
}
