/** The sockets of one network namespace: dumps, closes, byte counts, and the ledger that they are kept in. */
import { McpWatchError } from '../../../shared/errors.ts'
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { Holder } from '../../../shared/model/observation.ts'
import type { DestroyEvents } from './destroy-events.ts'
import type { DiagRow } from './diag-row.ts'
import type { DumpResult, SockDiag } from './dump.ts'
import { TCP_STATE_MASK, UDP_STATE_MASK } from './inet-diag.ts'
import { createLedger, type Held, type Ledger } from './ledger.ts'
import { createPacketHolders } from './packet-holders.ts'

/** linux/tcp_states.h. */
const TCP_TIME_WAIT = 6

export interface SampleContext {
  readonly at: EpochMs
  /** A watched process ran since the last complete sample, or cannot be looked into. */
  readonly suspected: boolean
  /** No other sample follows: what is missing has ended, whether that was told or not. */
  readonly isLast?: true
}

export interface Space {
  /** `net:[inode]`. */
  readonly netns: string
  readonly ledger: Ledger
  /** Takes a sample into the ledger; false when it was interrupted. Throws McpWatchError when the kernel refuses. */
  dump(context: SampleContext): boolean
  /** The last sample was whole, so that what it lacked is gone. */
  isComplete(): boolean
  /** Takes the closes told since the last call into the ledger; true when some were lost. */
  drainCloses(context: SampleContext): boolean
  hearsCloses(): boolean
  /** Asks how many bytes this connection has carried. */
  countBytes(row: DiagRow): void
  /** Members that hold packet(7) sockets, once a socket; they are listed for it. */
  newPackets(held: Held, isMember: (holder: Holder) => boolean): readonly Holder[]
  close(): void
}

/**
 * What is asked of a namespace. `living`: ends are known from elsewhere, so that the kernel need not tell of the closes
 * of all programs, nor list for a minute what nobody holds any more (TIME_WAIT).
 */
export type Detail = 'all' | 'living'

const LIVING = { tcp: TCP_STATE_MASK & ~(1 << TCP_TIME_WAIT), udp: UDP_STATE_MASK }

/** `closes`: null where the kernel does not tell of them, or is not asked. */
export function createSpace(
  netns: string,
  diag: SockDiag,
  closes: DestroyEvents | null,
  detail: Detail = 'all',
): Space {
  const states = detail === 'all' ? {} : { states: LIVING }
  const ledger = createLedger()
  const packets = createPacketHolders()
  let isComplete = false
  let isLost = false
  const drain = (context: SampleContext): void => {
    if (closes === null) return
    const { rows, overrun } = closes.drain()
    ledger.destroyed(rows, context)
    isLost ||= overrun
  }
  const isKnown = (low: number, high: number): boolean => ledger.isSettled(low, high)
  return {
    netns,
    ledger,
    dump(context) {
      // Before each sample, or what ended would be taken for gone without a word.
      drain(context)
      const { rows, complete, failure } = diag.dump({ isKnown, ...states })
      isComplete = complete
      if (failure?.reason === 'refused') throw refused(failure)
      ledger.fold(rows, { ...context, complete, endsAreTold: closes !== null })
      return complete
    },
    isComplete: () => isComplete,
    drainCloses(context) {
      drain(context)
      const wasLost = isLost
      isLost = false
      return wasLost
    },
    hearsCloses: () => closes !== null,
    countBytes: (row) => ledger.setBytes(row.cookie, diag.info(row)?.bytes ?? null),
    newPackets(held, isMember) {
      const listed = diag.packets()
      return listed === null ? [] : packets.meet(listed, held, isMember)
    },
    close() {
      diag.close()
      closes?.close()
    },
  }
}

function refused({ errno }: NonNullable<DumpResult['failure']>): McpWatchError {
  return new McpWatchError('TOOL_FAILED', `the kernel refused to list sockets (${errno ?? '?'})`)
}
