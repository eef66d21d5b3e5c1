/** Remembers connections by their two ends, so that one whose both ends are on this host is counted once. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { SocketAddress } from '../../../shared/model/observation.ts'
import type { DiagRow } from './diag-row.ts'

export interface Pairs {
  /** True when it was not there yet. */
  add(pair: string, at: EpochMs): boolean
}

/** The second end of a connection ends within moments of the first; a port is not used again for longer than this. */
const GENERATION_MS = 10_000
const MAX_PAIRS = 50_000

/** Two generations: what was added lately, and what was before it. */
export function createPairs(): Pairs {
  let recent = new Set<string>()
  let older = new Set<string>()
  let since: EpochMs | null = null
  return {
    add(pair, at) {
      since ??= at
      if (Math.abs(at - since) > GENERATION_MS || recent.size >= MAX_PAIRS) {
        older = recent
        recent = new Set()
        since = at
      }
      if (recent.has(pair)) return false
      recent.add(pair)
      return !older.has(pair)
    },
  }
}

/** Equal for the two sockets of one connection. */
export function pairOf({ protocol, local, remote }: DiagRow): string {
  const here = endText(local)
  const there = remote === null ? '' : endText(remote)
  return here < there ? `${protocol} ${here} ${there}` : `${protocol} ${there} ${here}`
}

function endText({ address, port }: SocketAddress): string {
  return `${address} ${port}`
}
