import { describe, expect, it } from 'vitest'
import { isActorKind, readRecord } from '../../../daemon/capture/exact/read-record.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../../daemon/capture/exact/record-layout.ts'
import type { SocketEvent } from '../../../daemon/capture/exact/socket-event.ts'
import {
  actor,
  at,
  closed,
  connect,
  connecting,
  connectUdp,
  datagram,
  ESTABLISHED,
  end,
  GIVEN_UP,
  halfClosed,
  RETRIED,
  released,
  send,
  writeRecord,
} from './exact-build.ts'

/** In the middle of others, as in the ring. */
const FIRST = 3 * RECORD_WORDS

function recordOf(event: SocketEvent): Uint32Array {
  const words = new Uint32Array(5 * RECORD_WORDS).fill(0xffff_ffff)
  writeRecord(event, words, FIRST)
  return words
}

const bytesAt = (words: Uint32Array, at: number, length: number) =>
  new Uint8Array(words.buffer, (FIRST + at) * 4, length)

describe('a record', () => {
  it.each([
    connect(),
    connect(end(443, '2001:db8::1')),
    connectUdp(end(53, '127.0.0.53')),
    send(end(123, 'fe80::1')),
    connecting(end(443, '2001:db8::1'), end(40_000, '2001:db8:1::2')),
    ESTABLISHED,
    RETRIED,
    GIVEN_UP,
    halfClosed(2 ** 40 + 7),
    closed(5, 2 ** 33, 2 ** 52, false),
    closed(2, 0, 0, true),
    released(8),
    datagram(70_000, end(53), 12),
    { kind: 'raw-socket', by: actor(), family: 'ipv6' } as const,
  ])('is read as the event that it was written from: %j', (event) => {
    const told = at(1, 2 ** 40 + 5, event)
    expect(readRecord(recordOf(told), FIRST)).toEqual(told)
  })

  it('has an IPv4 address as such also where the socket is for IPv6', () => {
    const words = recordOf(at(1, 1, connect(end(443, '2001:db8::1'))))
    bytesAt(words, WORD.remote, 16).set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 9])
    expect(readRecord(words, FIRST)).toMatchObject({ remote: end(443) })
  })

  it('has a name without what could act on a terminal', () => {
    const words = recordOf(at(1, 1, connect()))
    const put = (...bytes: number[]) => bytesAt(words, WORD.comm, 16).fill(0).set(bytes)
    const name = () => {
      const event = readRecord(words, FIRST)
      return event?.kind === 'connect' ? event.by.comm : null
    }
    put(0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x61, 0x0a, 0x62, 0, 0x63)
    expect(name()).toBe('a b')
    put(0xc3, 0xa9, 0x78)
    expect(name()).toBe('éx')
    put(0xc3, 0x78)
    expect(name()).toBe('\ufffdx')
    put(...'sixteen letters!'.split('').map((each) => each.charCodeAt(0)))
    expect(name()).toBe('sixteen letters!')
    put()
    expect(name()).toBe('')
  })

  it.each([
    ['kind', 0, connect()],
    ['kind', 11, connect()],
    ['pid', 0, connect()],
    ['pid', 0, send()],
    ['family', 3 + 6 * 256, connect()],
    ['family', 2 + 132 * 256, connect()],
    ['family', 0, connecting()],
    ['family', 1, { kind: 'raw-socket', by: actor(), family: 'ipv4' } as const],
    ['cookie', 0, ESTABLISHED],
  ] as const)('is none with another %s: %d', (field, value, event) => {
    const words = recordOf(at(1, 1, event))
    expect(readRecord(words, FIRST)).not.toBeNull()
    words[FIRST + WORD[field]] = value
    expect(readRecord(words, FIRST)).toBeNull()
  })

  it.each([
    ['at', ESTABLISHED],
    ['cookie', ESTABLISHED],
    ['netnsCookie', ESTABLISHED],
    ['sent', closed(1)],
    ['received', closed(1)],
    ['received', halfClosed(1)],
    ['sent', datagram(1)],
  ] as const)('is none with a number that is not exact: %s', (field, event) => {
    const words = recordOf(at(1, 1, event))
    expect(readRecord(words, FIRST)).not.toBeNull()
    words[FIRST + WORD[field] + 1] = 2 ** 21
    expect(readRecord(words, FIRST)).toBeNull()
  })

  it('is none where it would end behind the words, or begin before them', () => {
    const words = recordOf(at(1, 1, ESTABLISHED))
    expect(readRecord(words, FIRST)).not.toBeNull()
    const places = [FIRST + RECORD_WORDS + 1, -1, FIRST + 0.5, Number.NaN, words.length]
    for (const first of places) expect(readRecord(words, first)).toBeNull()
  })

  it('is told by its kind alone to bear who made the call', () => {
    const bearing = Object.entries(RECORD_KIND).filter(([, kind]) => isActorKind(kind))
    expect(bearing.map(([name]) => name)).toEqual(['connect', 'send', 'rawSocket'])
    expect(isActorKind(0)).toBe(false)
  })
})
