/** Days of connections in a real database, what is done to them between ticks, and what a report still counts. */
import { openArchive } from '../../daemon/query/archive.ts'
import { housekeepingPass } from '../../daemon/store/housekeeping.ts'
import { DEFAULT_RETENTION, type RetentionSettings } from '../../shared/model/policy.ts'
import {
  closed,
  finding,
  instance,
  type JudgedWords,
  judged,
  record,
  T0,
  tick,
} from '../unit/store/ticks.ts'
import type { open } from './store-files.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const files = record('files')
export const memory = record('memory')
export const root = instance(100, [files])
export const other = instance(200, [memory])

type Store = ReturnType<typeof open>

export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

export function pass(store: Store, now: number, over: Partial<RetentionSettings> = {}): void {
  const settings = { ...DEFAULT_RETENTION, ...over }
  store.tend((db) => finish(housekeepingPass(db, { now, settings, leftovers: true })))
}

/** Seen for a second at `at`, and over. */
export function brief(of: typeof root, n: number, at: number, words: JudgedWords = {}) {
  const connection = { firstSeen: at, lastSeen: at, ...words.connection }
  return closed(judged(of, n, { ...words, connection }), at + 1_000)
}

/** One connection an hour of `root` for so many days from T0 on, and one finding at the beginning. */
export function busy(store: Store, days: number): void {
  store.commit(
    tick(T0, { servers: [files, memory], instances: [root, other], findings: [finding(files)] }),
  )
  for (let n = 0; n < days * 24; n += 1) {
    const at = T0 + n * HOUR
    store.commit(tick(at + 2_000, { closed: [brief(root, n, at), brief(other, n, at)] }))
  }
}

export function total(
  folder: string,
  window: { from: number; to: number },
  server = 'files',
): number {
  const archive = openArchive({ folder, now: () => window.to })
  try {
    const { servers } = archive.report(window, { server })
    return servers
      .flatMap(({ destinations }) => destinations)
      .reduce((n, it) => n + it.connections, 0)
  } finally {
    archive.close()
  }
}
