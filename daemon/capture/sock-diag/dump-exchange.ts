/** One question to the kernel over a netlink socket and all of its answer. Never throws for what comes back. */
import { errnoName } from '../../native/errno.ts'
import { isNativeFault, type NetlinkSocket } from '../../native/native.ts'
import {
  messageEnd,
  messageErrno,
  messageFlags,
  messageSequence,
  messageType,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
  nextStart,
  numberMessage,
} from './inet-diag-messages.ts'

/** How an answer ended. */
export type ExchangeEnd =
  | { readonly kind: 'done' }
  /** The table changed while it was told; the datagram did not fit or made no sense; datagrams were lost. */
  | { readonly kind: 'interrupted' | 'truncated' | 'overrun' }
  /** It stopped before its end; the asker had enough. */
  | { readonly kind: 'unanswered' | 'too-many' }
  | { readonly kind: 'refused'; readonly errno: string }

/** How often a question is asked whose answer is disturbed each time. */
export const TRIES = 4
/** Refusals of the moment. */
const PASSING: readonly string[] = ['EBUSY', 'ENOMEM', 'EAGAIN', 'EINTR']

/** Whether the same question may have another answer a moment later. */
export function mayHelpToRepeat(end: ExchangeEnd): boolean {
  if (end.kind === 'refused') return PASSING.includes(end.errno)
  return end.kind !== 'too-many' && end.kind !== 'done'
}

/** Each message of the answer that is neither its end nor an error; false is enough. */
export type Visit = (view: DataView, start: number, end: number) => boolean

export interface Exchange {
  /** `one`: the first message is all; `list`: messages up to the one that says it is done. */
  ask(message: Uint8Array, answer: 'one' | 'list', visit: Visit): ExchangeEnd
  close(): void
}

/** The kernel fills datagrams of a dump up to 32 KiB (netlink_recvmsg), and no further. */
const BUFFER_BYTES = 32_768
/** Leftovers of an answer that was given up are taken away before the next question. */
const MAX_LEFTOVERS = 20_000

export function createExchange(socket: NetlinkSocket): Exchange {
  return new NetlinkExchange(socket)
}

class NetlinkExchange implements Exchange {
  readonly #socket: NetlinkSocket
  readonly #bytes = new Uint8Array(BUFFER_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  #sequence = 0
  #leftovers = false
  #interrupted = false

  constructor(socket: NetlinkSocket) {
    this.#socket = socket
  }

  ask(message: Uint8Array, answer: 'one' | 'list', visit: Visit): ExchangeEnd {
    this.#sequence = (this.#sequence + 1) >>> 0
    this.#interrupted = false
    numberMessage(message, this.#sequence)
    let end: ExchangeEnd
    try {
      if (this.#leftovers) this.#clear()
      this.#leftovers = true
      this.#socket.send(message)
      end = this.#answer(answer === 'one', visit)
    } catch (error) {
      if (!isNativeFault(error)) throw error
      const { errno } = error
      end = errno === 'ENOBUFS' ? { kind: 'overrun' } : { kind: 'refused', errno }
    }
    this.#leftovers = end.kind !== 'done'
    return end
  }

  #answer(one: boolean, visit: Visit): ExchangeEnd {
    for (;;) {
      const length = this.#socket.receive(this.#bytes)
      if (length === 0) return { kind: 'unanswered' }
      if (length > this.#bytes.length) return { kind: 'truncated' }
      const end = this.#read(length, one, visit)
      if (end !== null) return end
    }
  }

  /** Null when the answer goes on in the next datagram. */
  #read(length: number, one: boolean, visit: Visit): ExchangeEnd | null {
    const view = this.#view
    for (let start = 0; start < length; ) {
      const end = messageEnd(view, start, length)
      if (end < 0) return { kind: 'truncated' }
      // Of an earlier question: that one was given up.
      if (messageSequence(view, start) === this.#sequence) {
        const over = this.#message(view, start, end, one, visit)
        if (over !== null) return over
      }
      start = nextStart(start, end)
    }
    return null
  }

  #message(
    view: DataView,
    start: number,
    end: number,
    one: boolean,
    visit: Visit,
  ): ExchangeEnd | null {
    if ((messageFlags(view, start) & NLM_F_DUMP_INTR) !== 0) this.#interrupted = true
    switch (messageType(view, start)) {
      case NLMSG_NOOP:
        return null
      case NLMSG_OVERRUN:
        return { kind: 'overrun' }
      case NLMSG_ERROR:
      case NLMSG_DONE: {
        const errno = messageErrno(view, start, end)
        if (errno !== 0) return { kind: 'refused', errno: errnoName(errno) }
        return { kind: this.#interrupted ? 'interrupted' : 'done' }
      }
      default:
        if (!visit(view, start, end)) return { kind: 'too-many' }
        return one ? { kind: 'done' } : null
    }
  }

  #clear(): void {
    for (let i = 0; i < MAX_LEFTOVERS; i += 1) {
      try {
        if (this.#socket.receive(this.#bytes) === 0) return
      } catch (error) {
        // Said once; what is behind it can still be taken.
        if (!isNativeFault(error) || error.errno !== 'ENOBUFS') throw error
      }
    }
  }

  close(): void {
    this.#socket.close()
  }
}
