/**
 * Members of the family whose number was given to another process: what is still told of the time before, a moment
 * late, is theirs and not the other's. Pure, but for its own state.
 */
import { isYoungerThan, type Life } from './family-line.ts'

export interface FormerLives {
  /** The number was given away at `untilNs` (CLOCK_MONOTONIC). Of each number the last former life is kept. */
  remember(pid: number, life: Life, untilNs: number): void
  at(pid: number, atNs: number): Life | undefined
  forget(): void
}

/** A number is given anew after all others were: more than a few in one moment are none. */
const MAX_FORMER = 1_000

export function createFormerLives(limit: number = MAX_FORMER): FormerLives {
  const former = new Map<number, { readonly life: Life; readonly untilNs: number }>()
  return {
    remember(pid, life, untilNs) {
      former.delete(pid)
      const [oldest] = former.keys()
      if (former.size >= limit && oldest !== undefined) former.delete(oldest)
      former.set(pid, { life, untilNs })
    },
    at(pid, atNs) {
      const found = former.get(pid)
      const isThen = found !== undefined && atNs < found.untilNs && !isYoungerThan(found.life, atNs)
      return isThen ? found.life : undefined
    },
    forget: () => former.clear(),
  }
}
