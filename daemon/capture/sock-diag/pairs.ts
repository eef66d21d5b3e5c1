/** Remembers ends of connections, so that a connection whose both ends are on this host is counted once. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { SocketAddress } from '../../../shared/model/observation.ts'
import type { DiagRow } from './diag-row.ts'

export interface Pairs {
  /**
   * False when this is the other end of one that was added: that one is forgotten with it. The same end again is
   * another connection: on a busy host the kernel gives a port out anew within seconds.
   */
  add(row: Pick<DiagRow, 'protocol' | 'local' | 'remote'>, at: EpochMs): boolean
}

/** The second end of a connection ends within moments of the first. */
const GENERATION_MS = 10_000
const MAX_ENDS = 50_000

/** Two generations: what was added lately, and what was before it. */
export function createPairs(): Pairs {
  let recent = new Set<string>()
  let older = new Set<string>()
  let since: EpochMs | null = null
  return {
    add({ protocol, local, remote }, at) {
      since ??= at
      if (Math.abs(at - since) > GENERATION_MS || recent.size >= MAX_ENDS) {
        older = recent
        recent = new Set()
        since = at
      }
      const here = endText(local)
      const there = remote === null ? '' : endText(remote)
      const other = `${protocol} ${there} ${here}`
      if (recent.delete(other) || older.delete(other)) return false
      recent.add(`${protocol} ${here} ${there}`)
      return true
    },
  }
}

function endText({ address, port }: SocketAddress): string {
  return `${address} ${port}`
}
