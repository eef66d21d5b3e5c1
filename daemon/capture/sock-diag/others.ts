/** Counts connections of which no watched process was seen to hold an end, each once. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { OtherCounts } from '../../../shared/model/observation.ts'
import type { DiagRow } from './diag-row.ts'
import { createPairs } from './pairs.ts'

export interface Others {
  /** A watched process holds this end: the other one, if it is on this host, is not counted. */
  own(row: DiagRow, at: EpochMs): void
  /** Listeners, and what is or was not connected, do not count; UDP neither, as ends of it are lost unsaid. */
  count(row: DiagRow, at: EpochMs, as: keyof OtherCounts): void
  /** Since the last call. */
  take(): OtherCounts
}

export function createOthers(): Others {
  const pairs = createPairs()
  let counts = { foreign: 0, unknown: 0 }
  return {
    own(row, at) {
      if (row.remote !== null) pairs.add(row, at)
    },
    count(row, at, as) {
      if (row.remote === null || row.remote.port === 0 || row.protocol === 'udp') return
      if (pairs.add(row, at)) counts[as] += 1
    },
    take() {
      const taken = counts
      counts = { foreign: 0, unknown: 0 }
      return taken
    },
  }
}
