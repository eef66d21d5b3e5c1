/**
 * Records of processes that are nobody's of ours, as yet: a server that has just been started connects before anybody
 * could say what it is. Kept as they came, the last few thousand, and handed over when their process turns out to be
 * one of ours.
 */

import type { TakeRecord } from './parts.ts'
import { isActorKind } from './read-record.ts'
import { RECORD_WORDS, WORD } from './record-layout.ts'

export interface WaitingRoom {
  /** From when on nothing was given up for want of room, in ns of CLOCK_MONOTONIC; 0: nothing ever was. */
  wholeSince(): number
  /** In place of the oldest when it is full. */
  keep(words: Uint32Array, first: number): void
  /**
   * Hands over, in their order, the records that these processes caused and all of the same sockets after them. `which`:
   * all, or those kept since the last claim of either kind.
   */
  claim(
    which: 'all' | 'new',
    isOurs: (pid: number, atNs: number) => boolean,
    take: TakeRecord,
  ): void
}

/** Two megabytes; at ten thousand connections a second by strangers the last third of a second. */
const ROOM = 16_384
const TWO_32 = 2 ** 32

export function createWaitingRoom(size: number = ROOM): WaitingRoom {
  const words = new Uint32Array(size * RECORD_WORDS)
  let next = 0
  let count = 0
  let fresh = 0
  return {
    wholeSince: () => (count < size ? 0 : wide(words, next * RECORD_WORDS + WORD.at)),
    keep(from, first) {
      const at = next * RECORD_WORDS
      words.set(from.subarray(first, first + RECORD_WORDS), at)
      next = (next + 1) % size
      if (count < size) count += 1
      if (fresh < size) fresh += 1
    },
    claim(which, isOurs, take) {
      const sockets = new Set<number>()
      const many = which === 'all' ? count : fresh
      fresh = 0
      for (let index = 0; index < many; index += 1) {
        const first = ((next - many + index + size) % size) * RECORD_WORDS
        // Only who acts has a number. The rest concerns sockets of those, and is most of it.
        const pid = words[first + WORD.pid] ?? 0
        if (pid === 0 && sockets.size === 0) continue
        const cookie = wide(words, first + WORD.cookie)
        const isActor = isActorKind(words[first + WORD.kind] ?? 0)
        if (isActor && isOurs(pid, wide(words, first + WORD.at))) sockets.add(cookie)
        else if (isActor || !sockets.has(cookie)) continue
        take(words, first)
        // Once: whoever is claimed again has been told of it.
        words[first + WORD.kind] = 0
      }
    },
  }
}

/** 64 bits, low word first, as a number: exact to 2^53. */
export function wide(words: Uint32Array, at: number): number {
  return (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32
}
