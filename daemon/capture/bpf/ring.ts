/**
 * Reads a ring that the kernel writes (linux, kernel/bpf/ringbuf.c): each entry is a word with its length and two flags,
 * a word for the kernel, the data, and up to 7 bytes to the next multiple of 8. Positions only grow; the entry lies at
 * the position modulo the ring's size.
 */

import type { TakeRecord } from '../exact/parts.ts'
import { RECORD_BYTES } from '../exact/record-layout.ts'

const HEADER_BYTES = 8
/** Not written to the end yet, so what follows cannot be told either. */
const BUSY = 0x8000_0000
const DISCARDED = 0x4000_0000
const LENGTH = 0x3fff_ffff
/** The kernel may write again into what was read only when it is told so: told now and then, for it costs. */
const RELEASE_EVERY = 64

/** As of `RingMapping`; `bytes` of data, which are there twice. */
export interface RingMemory {
  readonly data: Uint32Array
  readonly produced: Uint32Array
  readonly consumed: BigUint64Array
}

export class RingReader {
  readonly #memory: RingMemory
  readonly #bytes: number
  /** How much was read since the ring was made. */
  #position = 0

  constructor(memory: RingMemory) {
    this.#memory = memory
    this.#bytes = memory.data.byteLength / 2
  }

  /**
   * Hands over all records that were there when it was called. The answer: how many entries could not be read, which
   * the kernel never brings about. What `take` throws is thrown on, and its record counts as read.
   */
  drain(take: TakeRecord): number {
    const { data, produced } = this.#memory
    // The low word is enough: the kernel is never ahead by more than the ring.
    const end = Atomics.load(produced, 0)
    let unread = 0
    let taken = 0
    try {
      for (;;) {
        const left = (end - this.#position) >>> 0
        if (left === 0) break
        const at = (this.#position & (this.#bytes - 1)) >>> 2
        const header = left > this.#bytes ? LENGTH : Atomics.load(data, at)
        if (header >= BUSY) break
        const length = header & LENGTH
        const size = (length + HEADER_BYTES + 7) & ~7
        if (size > left) {
          // Nothing can be made of the rest.
          this.#position += left
          unread += 1
          break
        }
        this.#position += size
        if (length === RECORD_BYTES && (header & DISCARDED) === 0) {
          take(data, at + HEADER_BYTES / 4)
        }
        taken += 1
        if (taken % RELEASE_EVERY === 0) this.#release()
      }
    } finally {
      this.#release()
    }
    return unread
  }

  /** All 64 bits at once: the kernel compares them with its own. */
  #release(): void {
    Atomics.store(this.#memory.consumed, 0, BigInt(this.#position))
  }
}
