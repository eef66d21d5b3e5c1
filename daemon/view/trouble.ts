/** What goes wrong while the daemon runs, told once when it begins and once when it is over. */
import type { Health, WatchEvent } from '../../shared/contract/answers.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { iso } from '../../shared/text/iso.ts'
import type { Clock } from '../ports.ts'
import type { StoreNotice } from '../store/database.ts'
import type { WriteOutcome } from '../tick/writer.ts'

export interface Trouble {
  /** A look at the system failed; told of the first of several in a row. */
  readonly fault: (error: unknown) => void
  /** After a look that worked, with what became of its result. */
  tick(outcome: WriteOutcome): void
  readonly notice: (notice: StoreNotice) => void
  health(isStoring: boolean): Health['status']
}

/** Looks that fail for less than this are ordinary jitter, and no state that anybody should act on. */
const BLIND_AFTER_MS = 5_000

export function createTrouble(clock: Clock, onEvent: (event: WatchEvent) => void): Trouble {
  let blindSince: number | null = null
  const tell = (
    event: 'degraded' | 'recovered' | 'store-failed' | 'store-recovered',
    reason: string,
  ): void => onEvent({ event, time: iso(clock.wallMs()), reason })
  return {
    fault(error) {
      blindSince ??= clock.monotonicMs()
      tell('degraded', `a sample failed: ${wordsOf(error)}`)
    },
    tick(outcome) {
      if (blindSince !== null) tell('recovered', 'samples work again')
      blindSince = null
      if (outcome === 'failed') tell('store-failed', 'the database cannot be written; see the log')
      if (outcome === 'recovered') tell('store-recovered', 'the database can be written again')
    },
    notice: (notice) => tell('degraded', noticeWords(notice)),
    health(isStoring) {
      if (blindSince !== null && clock.monotonicMs() - blindSince >= BLIND_AFTER_MS)
        return 'not-watching'
      return isStoring ? 'ok' : 'not-storing'
    },
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof McpWatchError)) return 'see the log'
  return error.hint === null ? error.message : `${error.message}; ${error.hint}`
}

export function noticeWords({ code, path }: StoreNotice): string {
  switch (code) {
    case 'database-set-aside':
      return `the database was damaged; it was kept as ${path} and a new one begun`
    case 'database-restored':
      return path === null
        ? 'the database was taken away while it was open; it was put back'
        : `the database was replaced while it was open; it was put back, and the other file kept as ${path}`
  }
}
