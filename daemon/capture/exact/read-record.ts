/**
 * One record of the kernel's programs as an event. Total: what is not one of ours is null. Pure. Bytes are taken out of
 * words, lowest first, as both processors have them that the programs are made for.
 */

import type { SocketAddress } from '../../../shared/model/observation.ts'
import { stripControl } from '../../../shared/text/control.ts'
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP } from '../sock-diag/inet-diag.ts'
import { ipv6Text } from '../sock-diag/inet-diag-addresses.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from './record-layout.ts'
import type { Actor, SocketEvent } from './socket-event.ts'

/** TASK_COMM_LEN (linux/sched.h), with the zero byte at its end. */
const COMM_BYTES = 16
const ALL_ACKED = 1
const RETRIED_IN_VAIN = 1

/** Whether records of this kind bear the process that made the call; the others are joined by cookie. */
export function isActorKind(kind: number): boolean {
  return kind === RECORD_KIND.connect || kind === RECORD_KIND.send || kind === RECORD_KIND.rawSocket
}

/**
 * Null for an unknown kind, family or protocol, for an actor without process, for no cookie, and for numbers of 64 bits
 * that are not exact in JavaScript. `first` is the record's first word; nothing of `words` is kept.
 */
export function readRecord(words: Uint32Array, first: number): SocketEvent | null {
  if (!Number.isInteger(first) || first < 0 || first + RECORD_WORDS > words.length) return null
  const atNs = uint64(words, first + WORD.at)
  const cookie = uint64(words, first + WORD.cookie)
  const netnsCookie = uint64(words, first + WORD.netnsCookie)
  if (atNs === null || cookie === null || cookie === 0 || netnsCookie === null) return null
  // Written out each time: to copy an object with such numbers in it takes ten times as long as all the rest.
  switch (wordAt(words, first + WORD.kind)) {
    case RECORD_KIND.connect: {
      const protocol = protocolAt(words, first)
      const by = actorAt(words, first)
      const remote = endAt(words, first, 'remote')
      if (protocol === null || by === null || remote === null) return null
      return { atNs, cookie, netnsCookie, kind: 'connect', protocol, by, remote }
    }
    case RECORD_KIND.send: {
      const by = actorAt(words, first)
      const remote = endAt(words, first, 'remote')
      return by === null || remote === null
        ? null
        : { atNs, cookie, netnsCookie, kind: 'send', by, remote }
    }
    case RECORD_KIND.connecting: {
      const ends = endsAt(words, first)
      return ends === null ? null : { atNs, cookie, netnsCookie, kind: 'connecting', ...ends }
    }
    case RECORD_KIND.established:
      return { atNs, cookie, netnsCookie, kind: 'established' }
    case RECORD_KIND.halfClosed: {
      const received = uint64(words, first + WORD.received)
      return received === null ? null : { atNs, cookie, netnsCookie, kind: 'half-closed', received }
    }
    case RECORD_KIND.retried:
      return {
        atNs,
        cookie,
        netnsCookie,
        kind: 'retried',
        isLast: (wordAt(words, first + WORD.count) & RETRIED_IN_VAIN) !== 0,
      }
    case RECORD_KIND.closed: {
      const acked = uint64(words, first + WORD.sent)
      const received = uint64(words, first + WORD.received)
      if (acked === null || received === null) return null
      const isAllAcked = (wordAt(words, first + WORD.count) & ALL_ACKED) !== 0
      return {
        atNs,
        cookie,
        netnsCookie,
        kind: 'closed',
        from: stateAt(words, first),
        acked,
        received,
        isAllAcked,
      }
    }
    case RECORD_KIND.released:
      return { atNs, cookie, netnsCookie, kind: 'released', state: stateAt(words, first) }
    case RECORD_KIND.datagram: {
      const ends = endsAt(words, first)
      const bytes = uint64(words, first + WORD.sent)
      if (ends === null || bytes === null) return null
      const datagrams = wordAt(words, first + WORD.count)
      return { atNs, cookie, netnsCookie, kind: 'datagram', ...ends, datagrams, bytes }
    }
    case RECORD_KIND.rawSocket: {
      const by = actorAt(words, first)
      const family = familyAt(words, first)
      return by === null || family === null
        ? null
        : { atNs, cookie, netnsCookie, kind: 'raw-socket', by, family }
    }
    default:
      return null
  }
}

function wordAt(words: Uint32Array, at: number): number {
  return words[at] ?? 0
}

function uint64(words: Uint32Array, at: number): number | null {
  const value = wordAt(words, at + 1) * 2 ** 32 + wordAt(words, at)
  return Number.isSafeInteger(value) ? value : null
}

function byteAt(words: Uint32Array, first: number, index: number): number {
  return (wordAt(words, first + WORD.family) >>> (8 * index)) & 0xff
}

function stateAt(words: Uint32Array, first: number): number {
  return byteAt(words, first, 3)
}

function familyAt(words: Uint32Array, first: number): 'ipv4' | 'ipv6' | null {
  const family = byteAt(words, first, 0)
  return family === AF_INET ? 'ipv4' : family === AF_INET6 ? 'ipv6' : null
}

function protocolAt(words: Uint32Array, first: number): 'tcp' | 'udp' | null {
  const protocol = byteAt(words, first, 1)
  return protocol === IPPROTO_TCP ? 'tcp' : protocol === IPPROTO_UDP ? 'udp' : null
}

function endsAt(
  words: Uint32Array,
  first: number,
): { readonly local: SocketAddress; readonly remote: SocketAddress } | null {
  const local = endAt(words, first, 'local')
  const remote = endAt(words, first, 'remote')
  return local === null || remote === null ? null : { local, remote }
}

/** Which interface a link-local address is of is not told. */
function endAt(words: Uint32Array, first: number, end: 'local' | 'remote'): SocketAddress | null {
  const family = familyAt(words, first)
  if (family === null) return null
  const ports = wordAt(words, first + WORD.ports)
  const at = first + WORD[end]
  return {
    address: family === 'ipv4' ? ipv4At(words, at) : ipv6At(words, at),
    port: end === 'local' ? ports & 0xffff : ports >>> 16,
    zone: null,
  }
}

/** Without a view of its own: most records have two of these. */
function ipv4At(words: Uint32Array, at: number): string {
  const word = wordAt(words, at)
  return `${word & 0xff}.${(word >>> 8) & 0xff}.${(word >>> 16) & 0xff}.${word >>> 24}`
}

function ipv6At(words: Uint32Array, at: number): string {
  return ipv6Text(new DataView(words.buffer, words.byteOffset + at * 4, 16), 0)
}

function actorAt(words: Uint32Array, first: number): Actor | null {
  const pid = wordAt(words, first + WORD.pid)
  if (pid === 0) return null
  return { pid, uid: wordAt(words, first + WORD.uid), comm: commAt(words, first) }
}

/** Nearly every name is plain ASCII, which needs neither decoder nor cleaning. */
function commAt(words: Uint32Array, first: number): string {
  let text = ''
  for (let index = 0; index < COMM_BYTES; index += 1) {
    const byte = (wordAt(words, first + WORD.comm + (index >>> 2)) >>> (8 * (index & 3))) & 0xff
    if (byte === 0) return text
    if (byte < 0x20 || byte > 0x7e) return cleanComm(words, first)
    text += String.fromCharCode(byte)
  }
  return text
}

function cleanComm(words: Uint32Array, first: number): string {
  // A copy: a decoder takes no memory that is shared.
  const bytes = Uint8Array.from(
    new Uint8Array(words.buffer, words.byteOffset + (first + WORD.comm) * 4, COMM_BYTES),
  )
  const end = bytes.indexOf(0)
  return stripControl(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)))
}
