/** Under which circumstances a sample was taken. Pure. */
import type { EpochMs } from '../../../shared/model/ids.ts'

export interface FoldContext {
  readonly at: EpochMs
  /** Every socket of the namespace is among the rows or was passed over. */
  readonly complete: boolean
  /** A watched process ran since the last complete sample, was born since, or cannot be looked into. */
  readonly suspected: boolean
  /** Ends are told too (`destroyed`), a moment later: bytes and time of an end are taken from there. */
  readonly endsAreTold?: boolean
  /** No other sample follows: an end that is still to be told is told now, and so is that of what nobody holds any more. */
  readonly isLast?: boolean
}

export type EndContext = Pick<FoldContext, 'at' | 'suspected'>

/** What a sample lacks will be told of in a moment, with its bytes. */
export function areEndsToCome({ endsAreTold, isLast }: FoldContext): boolean {
  return endsAreTold === true && isLast !== true
}
