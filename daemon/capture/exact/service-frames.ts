/** Reads what the capture service sends, in whatever pieces it comes. Total: the other end may be hostile. No I/O. */
import { RECORD_BYTES } from './record-layout.ts'
import type { RecordQueue } from './record-queue.ts'
import {
  END_REASONS,
  type EndReason,
  FRAME_KIND,
  HEADER_BYTES,
  HELLO_BYTES,
  type Hello,
  parseHello,
} from './service-protocol.ts'

/** What ends the reading. `other-version`: of the protocol or the record, so that nothing after it can be read. */
export type StreamEnd =
  | { readonly kind: 'no-service' }
  | { readonly kind: 'other-version'; readonly hello: Hello }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'ended'; readonly reason: EndReason | null }

export interface FrameReader {
  /** Null while more can come. After an end every further call answers the same end. */
  read(chunk: Uint8Array): StreamEnd | null
  isGreeted(): boolean
  /** Told as lost by the service since the last call; what the queue could not take is not in it. */
  takeLost(): number
}

/** Records go to `queue`; `isOurs` says whether frames of who greets so can be read. */
export function createFrameReader(
  queue: Pick<RecordQueue, 'push'>,
  isOurs: (hello: Hello) => boolean,
): FrameReader {
  const head = new Uint8Array(HELLO_BYTES)
  const words = new DataView(head.buffer)
  let held = 0
  let wanted = HELLO_BYTES
  /** Bytes of records that are still to come. */
  let due = 0
  let isGreeted = false
  let lost = 0
  let end: StreamEnd | null = null

  const greet = (): StreamEnd | null => {
    const hello = parseHello(head)
    if (hello === null) return { kind: 'no-service' }
    if (!isOurs(hello)) return { kind: 'other-version', hello }
    isGreeted = true
    wanted = HEADER_BYTES
    return null
  }
  const begin = (kind: number, count: number): StreamEnd | null => {
    switch (kind) {
      case FRAME_KIND.records:
        due = count * RECORD_BYTES
        return null
      case FRAME_KIND.lost:
        lost = Math.min(lost + count, Number.MAX_SAFE_INTEGER)
        return null
      case FRAME_KIND.heartbeat:
        return null
      case FRAME_KIND.end:
        return { kind: 'ended', reason: END_REASONS[count - 1] ?? null }
      default:
        return { kind: 'garbage' }
    }
  }
  return {
    read(chunk) {
      let at = 0
      while (at < chunk.length && end === null) {
        const most = due > 0 ? due : wanted - held
        const part = chunk.subarray(at, at + most)
        at += part.length
        if (due > 0) {
          due -= part.length
          queue.push(part)
          continue
        }
        head.set(part, held)
        held += part.length
        if (held < wanted) continue
        held = 0
        end = isGreeted ? begin(words.getUint32(0, true), words.getUint32(4, true)) : greet()
      }
      return end
    },
    isGreeted: () => isGreeted,
    takeLost() {
      const told = lost
      lost = 0
      return told
    },
  }
}
