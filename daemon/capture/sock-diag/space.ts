/** The sockets of one network namespace: dumps, closes, byte counts, and the ledger that they are kept in. */
import { McpWatchError } from '../../../shared/errors.ts'
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { DestroyEvents } from './destroy-events.ts'
import type { DiagRow } from './diag-row.ts'
import type { DumpResult, SockDiag } from './dump.ts'
import { createLedger, type Ledger } from './ledger.ts'

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
  close(): void
}

export function createSpace(netns: string, diag: SockDiag, closes: DestroyEvents | null): Space {
  const ledger = createLedger()
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
      const { rows, complete, failure } = diag.dump({ isKnown })
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
    close() {
      diag.close()
      closes?.close()
    },
  }
}

function refused({ errno }: NonNullable<DumpResult['failure']>): McpWatchError {
  return new McpWatchError('TOOL_FAILED', `the kernel refused to list sockets (${errno ?? '?'})`)
}
