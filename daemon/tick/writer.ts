/** Commits ticks and survives a store that cannot be written: the watching goes on, and the trouble is told once. */
import type { TickResult } from '../../shared/model/tick.ts'
import type { Log, Store } from '../ports.ts'

export type WriteOutcome = 'stored' | 'failed' | 'still-failing' | 'recovered'

export interface Writer {
  write(result: TickResult): WriteOutcome
  /** Whether the last write failed. */
  failing(): boolean
}

/** What a failed commit held is kept by the store itself and written with the next one that works. */
export function createWriter(store: Pick<Store, 'commit'>, log: Log): Writer {
  let failing = false
  return {
    write(result) {
      try {
        store.commit(result)
      } catch (error) {
        const first = !failing
        failing = true
        if (first) log.error({ err: error }, 'the database cannot be written; watching goes on')
        return first ? 'failed' : 'still-failing'
      }
      const recovered = failing
      failing = false
      return recovered ? 'recovered' : 'stored'
    },
    failing: () => failing,
  }
}
