/** A database for each test, and questions to it at five seconds after the first moment. */
import { type Archive, openArchive } from '../../daemon/query/archive.ts'
import type { Filter } from '../../daemon/query/filter.ts'
import type { Window } from '../../daemon/query/window.ts'
import { type Report, reportSchema } from '../../shared/contract/report.ts'
import type { TickResult } from '../../shared/model/tick.ts'
import { T0, temporaryFolder } from '../unit/store/ticks.ts'
import { run } from './store-files.ts'

export const HOUR = 3_600_000
export const day: Window = { from: T0 - 24 * HOUR, to: T0 + 5_000 }

export function iso(at: number): string {
  return new Date(at).toISOString()
}

export interface Recorded {
  readonly folder: string
  readonly commit: (...ticks: readonly TickResult[]) => void
  readonly ask: <T>(question: (archive: Archive) => T) => T
  /** Checked against its schema. */
  readonly report: (window?: Window, filter?: Filter) => Report
}

/** Called inside a test: its folder goes when the test ends. */
export function recorded(): Recorded {
  const folder = temporaryFolder()
  const ask = <T>(question: (archive: Archive) => T): T => {
    const archive = openArchive({ folder, now: () => T0 + 5_000 })
    try {
      return question(archive)
    } finally {
      archive.close()
    }
  }
  return {
    folder,
    commit: (...ticks) => run(folder, ticks),
    ask,
    report: (window = day, filter = {}) =>
      reportSchema.parse(ask((archive) => archive.report(window, filter))),
  }
}
