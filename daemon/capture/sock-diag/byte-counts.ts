/**
 * Byte counts of connections that stay open. The kernel is asked for one socket at a time while everything else waits,
 * so they are asked for in rounds, of which a part is done at once: nobody's turn comes twice before all had theirs.
 */
import type { DiagRow } from './diag-row.ts'
import type { Space } from './space.ts'

export interface ByteCounts {
  /** Called with each batch; asks where it is time to. */
  refresh(spaces: readonly Space[], nowMs: number): void
}

const ROUND_EVERY_MS = 10_000
/** All of a server with few sockets; one with tens of thousands has its round in a minute. */
const MOST_AT_ONCE = 500
/** Batches can follow each other closely. */
const PART_EVERY_MS = 1_000

export function createByteCounts(): ByteCounts {
  let waiting: (readonly [Space, DiagRow])[] = []
  const last = { round: -Infinity, part: -Infinity }
  return {
    refresh(spaces, nowMs) {
      if (waiting.length === 0 && nowMs - last.round >= ROUND_EVERY_MS) {
        last.round = nowMs
        waiting = spaces.flatMap((space) =>
          space.ledger.countable().map((row) => [space, row] as const),
        )
      }
      if (waiting.length === 0 || nowMs - last.part < PART_EVERY_MS) return
      last.part = nowMs
      const known = new Set(spaces)
      // Of a namespace that was left since nobody can be asked.
      for (const [space, row] of waiting.splice(0, MOST_AT_ONCE))
        if (known.has(space)) space.countBytes(row)
    },
  }
}
