/** Records as the kernel's programs write them, and a source that tells what a test hands it. */
import type { ExactSource, SourceHearer } from '../../../daemon/capture/exact/parts.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../../daemon/capture/exact/record-layout.ts'

export type Kind = keyof typeof RECORD_KIND

export interface RecordParts {
  readonly uid?: number
  readonly cookie?: number
  /** TCP state. */
  readonly state?: number
  readonly pid?: number
}

export function record(
  kind: Kind,
  { uid = 0, cookie = 1, state = 0, pid = 7 }: RecordParts = {},
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(RECORD_WORDS)
  words[WORD.kind] = RECORD_KIND[kind]
  words[WORD.pid] = pid
  words[WORD.cookie] = cookie % 2 ** 32
  words[WORD.cookie + 1] = Math.floor(cookie / 2 ** 32)
  words[WORD.uid] = uid
  words[WORD.family] = 2 | (6 << 8) | (1 << 16) | (state << 24)
  return words
}

export interface FakeSource extends ExactSource {
  /** Kept until it is drained. */
  tell(...records: readonly Uint32Array[]): void
  lose(events: number): void
  fail(error: unknown): void
  readonly isStopped: () => boolean
}

export function fakeSource(): FakeSource {
  let waiting: Uint32Array[] = []
  let lost = 0
  let hearer: SourceHearer | null = null
  let isStopped = false
  return {
    kind: 'own',
    start: (to) => {
      hearer = to
    },
    drain(take) {
      const all = waiting
      waiting = []
      // In the middle of other memory, as in a ring.
      for (const words of all) take(Uint32Array.from([9, 9, ...words, 9]), 2)
      const told = lost
      lost = 0
      return told
    },
    degraded: () => [],
    stop: async () => {
      isStopped = true
    },
    tell(...records) {
      waiting.push(...records)
      hearer?.wake()
    },
    lose(events) {
      lost += events
      hearer?.wake()
    },
    fail: (error) => hearer?.fail(error),
    isStopped: () => isStopped,
  }
}
