/** Events and records as the kernel's programs tell them, and a book with somebody who owns what they tell of. */
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import type { AttemptBook, AttemptOwner, Told } from '../../../daemon/capture/exact/parts.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../../daemon/capture/exact/record-layout.ts'
import type { Actor, SocketEvent } from '../../../daemon/capture/exact/socket-event.ts'
import { addressBytes } from '../../../daemon/capture/sock-diag/inet-diag-addresses.ts'
import type {
  Holder,
  Snapshot,
  SocketAddress,
  SocketRow,
} from '../../../shared/model/observation.ts'

export const NETNS = 'net:[1]'
/** ns at which the tests begin, and what the clock of walls says then. */
export const START_NS = 1_000e9
export const START_MS = 1_700_000_000_000
export const second = (count: number): number => START_NS + count * 1e9
export const now = (seconds: number) => ({ at: START_MS + seconds * 1e3, atNs: second(seconds) })

export const holder = (pid = 7): Holder => ({
  process: `boot:${pid}:1:0` as Holder['process'],
  pid,
})
export const owner = (pid = 7, netns: string | null = NETNS): AttemptOwner => ({
  holder: holder(pid),
  netns,
})
export const actor = (pid = 7): Actor => ({ pid, uid: 1000, comm: 'node' })
export const end = (port: number, address = '203.0.113.9'): SocketAddress => ({
  address,
  port,
  zone: null,
})
export const LOCAL = end(40_000, '192.0.2.1')
export const REMOTE = end(443)

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never
export type Event = Without<SocketEvent, 'atNs' | 'cookie' | 'netnsCookie'>

export const at = (seconds: number, cookie: number, event: Event): SocketEvent =>
  ({ ...event, atNs: second(seconds), cookie, netnsCookie: 1 }) as SocketEvent

export const connect = (remote = REMOTE, pid = 7): Event => ({
  kind: 'connect',
  protocol: 'tcp',
  by: actor(pid),
  remote,
})
export const connectUdp = (remote = REMOTE, pid = 7): Event => ({
  kind: 'connect',
  protocol: 'udp',
  by: actor(pid),
  remote,
})
export const send = (remote = REMOTE, pid = 7): Event => ({ kind: 'send', by: actor(pid), remote })
export const connecting = (remote = REMOTE, local = LOCAL): Event => ({
  kind: 'connecting',
  local,
  remote,
})
export const ESTABLISHED: Event = { kind: 'established' }
export const RETRIED: Event = { kind: 'retried', isLast: false }
export const GIVEN_UP: Event = { kind: 'retried', isLast: true }
export const halfClosed = (received: number): Event => ({ kind: 'half-closed', received })
export const closed = (from: number, acked = 0, received = 0, isAllAcked = true): Event => ({
  kind: 'closed',
  from,
  acked,
  received,
  isAllAcked,
})
export const released = (state: number): Event => ({ kind: 'released', state })
export const datagram = (bytes: number, remote = REMOTE, datagrams = 1): Event => ({
  kind: 'datagram',
  local: LOCAL,
  remote,
  datagrams,
  bytes,
})

/** Hears them, a second apart, all of one cookie. */
export function hearAll(book: AttemptBook, cookie: number, events: readonly Event[], from = 0) {
  for (const [index, event] of events.entries()) book.hear(at(from + index, cookie, event))
}

/** A book that heard these, of an owner that is known. */
export function bookOf(events: readonly Event[], cookie = 0xab): AttemptBook {
  const book = createAttemptBook()
  hearAll(book, cookie, events)
  book.settle(() => owner())
  return book
}

export const rowsOf = ({ snapshots }: Told): readonly SocketRow[] =>
  snapshots.flatMap(({ rows }) => rows)

export const snapshot = (rows: readonly SocketRow[], over: Partial<Snapshot> = {}): Snapshot => ({
  kind: 'snapshot',
  netns: NETNS,
  at: START_MS,
  complete: true,
  hostWide: false,
  rows,
  ...over,
})

/** As sock_diag(7) tells of the socket that the events here are about. */
export const sampledRow = (over: Partial<SocketRow> = {}): SocketRow => ({
  protocol: 'tcp',
  state: 'established',
  local: LOCAL,
  remote: REMOTE,
  inode: 55,
  cookie: 'ab',
  uid: 1000,
  cgroup: null,
  holders: [holder()],
  firstSeen: START_MS,
  bytes: { sent: 5, received: 6 },
  ...over,
})

/** The event as the kernel's programs would write it. */
export function writeRecord(event: SocketEvent, words: Uint32Array, first: number): void {
  words.fill(0, first, first + RECORD_WORDS)
  const put64 = (at: number, value: number): void => {
    words[first + at] = value % 2 ** 32
    words[first + at + 1] = Math.floor(value / 2 ** 32)
  }
  const bytesAt = (at: number, length: number): Uint8Array =>
    new Uint8Array(words.buffer, words.byteOffset + (first + at) * 4, length)
  const putEnd = (which: 'local' | 'remote', { address, port }: SocketAddress): void => {
    const bytes = addressBytes(address) ?? new Uint8Array(4)
    bytesAt(WORD[which], 16).set(bytes)
    bytesAt(WORD.family, 1)[0] = bytes.length === 4 ? 2 : 10
    const ports = words[first + WORD.ports] ?? 0
    words[first + WORD.ports] = which === 'local' ? ports + port : ports + port * 2 ** 16
  }
  const putActor = ({ pid, uid, comm }: Actor): void => {
    words[first + WORD.pid] = pid
    words[first + WORD.uid] = uid
    bytesAt(WORD.comm, 15).set(new TextEncoder().encode(comm).slice(0, 15))
  }
  put64(WORD.at, event.atNs)
  put64(WORD.cookie, event.cookie)
  put64(WORD.netnsCookie, event.netnsCookie)
  const kindOf = { 'half-closed': 'halfClosed', 'raw-socket': 'rawSocket' } as const
  const name =
    event.kind === 'half-closed' || event.kind === 'raw-socket' ? kindOf[event.kind] : event.kind
  words[first + WORD.kind] = RECORD_KIND[name]
  if ('by' in event) putActor(event.by)
  if ('local' in event) putEnd('local', event.local)
  if ('remote' in event) putEnd('remote', event.remote)
  if ('protocol' in event) bytesAt(WORD.family, 2)[1] = event.protocol === 'tcp' ? 6 : 17
  if ('family' in event) bytesAt(WORD.family, 1)[0] = event.family === 'ipv4' ? 2 : 10
  if ('received' in event) put64(WORD.received, event.received)
  if (event.kind === 'closed') {
    bytesAt(WORD.family, 4)[3] = event.from
    put64(WORD.sent, event.acked)
    words[first + WORD.count] = 2 + (event.isAllAcked ? 1 : 0)
  }
  if (event.kind === 'retried') words[first + WORD.count] = event.isLast ? 1 : 0
  if (event.kind === 'released') bytesAt(WORD.family, 4)[3] = event.state
  if (event.kind === 'datagram') {
    put64(WORD.sent, event.bytes)
    words[first + WORD.count] = event.datagrams
  }
}
