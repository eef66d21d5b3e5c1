/**
 * Messages of the process connector (linux/cn_proc.h), read in place: on a busy machine thousands a second come in, and
 * nothing is made of those that concern nobody we watch. Pure and total.
 */

/** NETLINK_CONNECTOR and the group of process events (CN_IDX_PROC) as a mask. */
export const CONNECTOR_PROTOCOL = 11
export const PROCESS_GROUP = 1

/** Larger than any datagram of the connector, which holds one event. A multiple of four: it is read in words. */
export const DATAGRAM_BYTES = 1024

/** Told of the events of whole processes; those of threads are left out. Pids are those of processes (tgid). */
export interface ConnectorSink {
  /** Asked first, so that nothing is computed for the processes of others. */
  concerns(parent: number, child: number): boolean
  /** `atNs`: CLOCK_MONOTONIC, as a number (exact to the nanosecond for 104 days, then to two). */
  fork(parent: number, child: number, atNs: number): void
  exec(pid: number): void
  exit(pid: number): void
  /** The answer to a subscription, anybody's: one more than its `token`; `error` is an errno or 0. */
  acknowledged(acknowledgement: number, error: number): void
}

const CN_IDX_PROC = 1
const CN_VAL_PROC = 1
const PROC_CN_MCAST_LISTEN = 1
const PROC_CN_MCAST_IGNORE = 2
const NLMSG_DONE = 3

const EVENT_NONE = 0
const EVENT_FORK = 1
const EVENT_EXEC = 2
const EVENT_EXIT = 0x8000_0000

/** Offsets in 32 bit words: nlmsghdr (4), cn_msg (5), proc_event (what, cpu, 64 bit time), then the event's own. */
const WORD = {
  length: 0,
  type: 1,
  index: 4,
  value: 5,
  acknowledgement: 7,
  what: 9,
  time: 11,
  data: 13,
} as const
const HEADER_BYTES = 16
const MAX_UINT32 = 2 ** 32

/** The kernel writes in the byte order of the machine. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Reads one datagram of `bytes` bytes. What is cut short, of another kind or malformed is left out. */
export function readDatagram(words: Uint32Array, bytes: number, sink: ConnectorSink): void {
  const end = Math.min(bytes, words.length * 4)
  let start = 0
  while (end - start >= HEADER_BYTES) {
    const first = start / 4
    const length = word(words, first + WORD.length)
    if (length < HEADER_BYTES || length > end - start) return
    readMessage(words, first, Math.floor(length / 4), sink)
    start += (length + 3) & ~3
  }
}

function readMessage(words: Uint32Array, first: number, length: number, sink: ConnectorSink): void {
  if (length <= WORD.data) return
  if (word(words, first + WORD.index) !== CN_IDX_PROC) return
  if (word(words, first + WORD.value) !== CN_VAL_PROC) return
  const data = first + WORD.data
  switch (word(words, first + WORD.what)) {
    case EVENT_FORK:
      if (length >= WORD.data + 4) readFork(words, first, sink)
      return
    case EVENT_EXEC:
      if (length >= WORD.data + 2) sink.exec(word(words, data + 1))
      return
    case EVENT_EXIT:
      if (length >= WORD.data + 2 && word(words, data) === word(words, data + 1))
        sink.exit(word(words, data))
      return
    case EVENT_NONE:
      sink.acknowledged(word(words, first + WORD.acknowledgement), word(words, data))
      return
    default:
      return
  }
}

/** parent_pid, parent_tgid, child_pid, child_tgid: a new thread has another process' number as its child_tgid. */
function readFork(words: Uint32Array, first: number, sink: ConnectorSink): void {
  const data = first + WORD.data
  const parent = word(words, data + 1)
  const child = word(words, data + 2)
  if (child !== word(words, data + 3) || !sink.concerns(parent, child)) return
  const one = word(words, first + WORD.time)
  const other = word(words, first + WORD.time + 1)
  const atNs = IS_LITTLE_ENDIAN ? other * MAX_UINT32 + one : one * MAX_UINT32 + other
  sink.fork(parent, child, atNs)
}

function word(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

/**
 * Asks the kernel to send process events, or no more of them; `token` comes back, one higher, in the answer. The short form (an operation only): the longer one of
 * Linux 6.6 with a mask of events is not understood by older kernels, and its mask drops acknowledgements.
 */
export function subscription(listen: boolean, token: number): Uint8Array {
  const words = new Uint32Array(10)
  words.set([words.byteLength, 0, 0, 0, CN_IDX_PROC, CN_VAL_PROC, 0, token])
  new Uint16Array(words.buffer).set([NLMSG_DONE], 2)
  new Uint16Array(words.buffer).set([4], 16)
  words.set([listen ? PROC_CN_MCAST_LISTEN : PROC_CN_MCAST_IGNORE], WORD.what)
  return new Uint8Array(words.buffer)
}
