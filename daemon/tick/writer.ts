/**
 * Commits ticks and survives a store that cannot be written: what failed waits (bounded) and is written in order once
 * the store works again, so that a full disk loses as little as possible and the watching goes on.
 */
import type { TickResult } from '../../shared/model/tick.ts'
import type { Log, Store } from '../ports.ts'

/** About ten minutes of ticks at one a second; beyond that the oldest are lost. */
const WAITING_LIMIT = 600

export type WriteOutcome = 'stored' | 'failed' | 'still-failing' | 'recovered'

export interface Writer {
  write(result: TickResult): WriteOutcome
  /** Whether the last write failed. */
  failing(): boolean
}

export function createWriter(store: Store, log: Log): Writer {
  const waiting: TickResult[] = []
  let failing = false
  return {
    write(result) {
      waiting.push(result)
      if (waiting.length > WAITING_LIMIT) waiting.shift()
      try {
        for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
          store.commit(next)
          waiting.shift()
        }
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
