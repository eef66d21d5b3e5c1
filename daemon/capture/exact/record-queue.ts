/** Records that came over a socket and were not looked at yet, in one piece of memory of a fixed size. No I/O. */
import type { TakeRecord } from './parts.ts'
import { RECORD_BYTES, RECORD_WORDS } from './record-layout.ts'

export interface RecordQueue {
  /**
   * The next bytes of the stream of records, which need not begin or end with one. What there is no room for is left out
   * by whole records and counted.
   */
  push(bytes: Uint8Array): void
  /** In bytes. */
  room(): number
  /** Hands over each complete record in place. The answer: how many were left out since the last call. */
  drain(take: TakeRecord): number
}

export function createRecordQueue(records: number): RecordQueue {
  const words = new Uint32Array(records * RECORD_WORDS)
  const bytes = new Uint8Array(words.buffer)
  let held = 0
  /** Bytes still to come of a record whose begin found no room. */
  let skipping = 0
  let leftOut = 0

  const keep = (part: Uint8Array): void => {
    bytes.set(part, held)
    held += part.length
  }
  /** `held` is at the begin of a record here, or all that is missing of one has room. */
  const push = (part: Uint8Array): void => {
    const skipped = Math.min(skipping, part.length)
    skipping -= skipped
    const rest = part.subarray(skipped)
    const room = bytes.length - held
    keep(rest.subarray(0, room))
    const over = rest.length - room
    if (over <= 0) return
    leftOut += Math.ceil(over / RECORD_BYTES)
    skipping = (RECORD_BYTES - (over % RECORD_BYTES)) % RECORD_BYTES
  }
  return {
    push,
    room: () => bytes.length - held,
    drain(take) {
      const complete = held - (held % RECORD_BYTES)
      try {
        for (let at = 0; at < complete; at += RECORD_BYTES) take(words, at / 4)
      } finally {
        // The begin of the next record, below 128 bytes.
        bytes.copyWithin(0, complete, held)
        held -= complete
      }
      const told = leftOut
      leftOut = 0
      return told
    },
  }
}
