/** One socket while it is followed, and what is told of it. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type { Bytes, Holder, SocketRow } from '../../../shared/model/observation.ts'
import { type DiagRow, socketRow } from './diag-row.ts'

export interface Entry {
  row: DiagRow
  holders: readonly Holder[]
  status: 'new' | 'held' | 'foreign'
  firstSeen: EpochMs
  looks: number
  /** A watched process ran, or could not be looked into, while it was new. */
  suspected: boolean
  bytes: Bytes | null
  /** Of the dump it was last met in. */
  round: number
  /** Since when complete samples lack it: that it ended will be told, with its bytes. */
  missing: EpochMs | null
}

export function newEntry(
  row: DiagRow,
  firstSeen: EpochMs,
  suspected: boolean,
  round: number,
): Entry {
  const unknown = { holders: [], status: 'new', looks: 0, bytes: null, missing: null } as const
  return { ...unknown, row, firstSeen, suspected, round }
}

export function openRow({ row, holders, firstSeen, bytes }: Entry): SocketRow {
  return { ...socketRow(row), holders, firstSeen, bytes }
}

/** What was counted while it lived is not what it came to: `told` is what the kernel said of the end, if it did. */
export function endedRow(entry: Entry, at: EpochMs, told: DiagRow | null): SocketRow {
  const endedAt = told === null ? (entry.missing ?? at) : at
  return { ...openRow(entry), endedAt, bytes: told?.bytes ?? null }
}
