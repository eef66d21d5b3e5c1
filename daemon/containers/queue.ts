/** Works through names, a few at once, none twice at once; what comes again meanwhile is done again afterwards. */
export interface Queue {
  /** Ignored where too many wait already. */
  add(name: string): void
  /** Resolves when nothing waits or is under way. */
  idle(): Promise<void>
  clear(): void
}

/** `work` must not throw. */
export function createQueue(
  atOnce: number,
  mostWaiting: number,
  work: (name: string) => Promise<void>,
): Queue {
  const waiting = new Set<string>()
  const underWay = new Set<string>()
  let sleepers: (() => void)[] = []

  const pump = (): void => {
    for (const name of waiting) {
      if (underWay.size >= atOnce) return
      if (underWay.has(name)) continue
      waiting.delete(name)
      underWay.add(name)
      void work(name).finally(() => {
        underWay.delete(name)
        pump()
      })
    }
    if (waiting.size + underWay.size > 0) return
    const woken = sleepers
    sleepers = []
    for (const wake of woken) wake()
  }
  return {
    add(name) {
      if (waiting.size >= mostWaiting) return
      waiting.add(name)
      pump()
    },
    async idle() {
      if (waiting.size + underWay.size === 0) return
      await new Promise<void>((resolve) => sleepers.push(resolve))
    },
    clear: () => waiting.clear(),
  }
}
