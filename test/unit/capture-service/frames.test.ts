import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RECORD_BYTES, WORD } from '../../../daemon/capture/exact/record-layout.ts'
import { createRecordQueue } from '../../../daemon/capture/exact/record-queue.ts'
import { createFrameReader, type StreamEnd } from '../../../daemon/capture/exact/service-frames.ts'
import {
  END_REASONS,
  endFrame,
  frameHeader,
  HELLO_BYTES,
  helloBytes,
  ownHello,
  PROTOCOL_VERSION,
  parseHello,
} from '../../../daemon/capture/exact/service-protocol.ts'
import { record } from './fakes.ts'

const own = ownHello('1.2.3')
const bytesOf = (words: Uint32Array<ArrayBuffer>): Buffer => Buffer.from(words.buffer)
const records = (...pids: number[]): Buffer =>
  Buffer.concat([
    frameHeader('records', pids.length),
    ...pids.map((pid) => bytesOf(record('connect', { pid }))),
  ])

function reading(room = 100) {
  const queue = createRecordQueue(room)
  const reader = createFrameReader(queue, ({ protocol }) => protocol === PROTOCOL_VERSION)
  const pids: number[] = []
  const drain = (): number =>
    queue.drain((words, first) => pids.push(words[first + WORD.pid] ?? -1)) + reader.takeLost()
  return { queue, reader, pids, drain }
}

/** `bytes` cut at the places given. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return at.slice(1).map((end, index) => bytes.subarray(at[index] ?? 0, end))
}

describe('the stream of the capture service', () => {
  it('is the same in whatever pieces it comes, drained at whatever moments', () => {
    type Part = { readonly pids: readonly number[] } | { readonly lost: number } | 'heartbeat'
    const part = fc.oneof<fc.Arbitrary<Part>[]>(
      fc.record({ pids: fc.array(fc.nat(1_000_000), { maxLength: 8 }) }),
      fc.record({ lost: fc.nat(1_000_000) }),
      fc.constant<Part>('heartbeat'),
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.nat(20_000), { maxLength: 40 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        (parts, cuts, drains) => {
          const bytes = Buffer.concat([
            helloBytes(own),
            ...parts.map((each) => {
              if (each === 'heartbeat') return frameHeader('heartbeat', 0)
              return 'lost' in each ? frameHeader('lost', each.lost) : records(...each.pids)
            }),
          ])
          const { reader, pids, drain } = reading()
          let lost = 0
          for (const [index, piece] of pieces(bytes, cuts).entries()) {
            expect(reader.read(piece)).toBeNull()
            if (drains[index] === true) lost += drain()
          }
          lost += drain()
          expect(pids).toEqual(
            parts.flatMap((each) => (typeof each === 'object' && 'pids' in each ? each.pids : [])),
          )
          expect(lost).toBe(
            parts.reduce(
              (sum, each) => sum + (typeof each === 'object' && 'lost' in each ? each.lost : 0),
              0,
            ),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes any garbage without a fault, in a bounded piece of memory, and ends at what it cannot read', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.uint8Array({ maxLength: 2_000 }),
        fc.array(fc.nat(2_000), { maxLength: 20 }),
        (isGreeted, garbage, cuts) => {
          const { reader, queue, drain } = reading(4)
          const bytes = Buffer.concat([isGreeted ? helloBytes(own) : Buffer.alloc(0), garbage])
          let end: StreamEnd | null = null
          for (const piece of pieces(bytes, cuts)) {
            const now = reader.read(piece)
            // Once over it stays so.
            if (end !== null) expect(now).toEqual(end)
            end = now
            expect(queue.room()).toBeGreaterThanOrEqual(0)
          }
          if (!isGreeted && bytes.length >= HELLO_BYTES) expect(end).not.toBeNull()
          expect(drain()).toBeGreaterThanOrEqual(0)
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each<[string, Uint8Array, StreamEnd]>([
    ['another program', Buffer.alloc(HELLO_BYTES, 'HTTP/1.1 400'), { kind: 'no-service' }],
    ['an unknown frame', Buffer.concat([helloBytes(own), Buffer.alloc(8, 7)]), { kind: 'garbage' }],
    [
      'an unknown reason',
      Buffer.concat([helloBytes(own), frameHeader('end', 99)]),
      { kind: 'ended', reason: null },
    ],
    ...END_REASONS.map((reason): [string, Uint8Array, StreamEnd] => [
      reason,
      Buffer.concat([helloBytes(own), endFrame(reason)]),
      { kind: 'ended', reason },
    ]),
  ])('ends with %s', (_what, bytes, end) => {
    expect(reading().reader.read(bytes)).toEqual(end)
  })

  it('tells of the other end’s version, and reads nothing that follows', () => {
    const { reader, pids, drain } = reading()
    const hello = { ...ownHello('9.0.0-rc.1'), protocol: PROTOCOL_VERSION + 1 }
    const end = reader.read(Buffer.concat([helloBytes(hello), records(1)]))
    expect(end).toEqual({ kind: 'other-version', hello })
    drain()
    expect(pids).toEqual([])
    expect(reader.isGreeted()).toBe(false)
  })
})

describe('a hello', () => {
  it('comes back as it was, cut to its size', () => {
    expect(parseHello(helloBytes(own))).toEqual(own)
    const long = parseHello(helloBytes({ ...own, version: '1'.repeat(200) }))
    expect(long?.version).toBe('1'.repeat(47))
  })

  it('shows no version that is none', () => {
    expect(parseHello(helloBytes({ ...own, version: '1\u001b[2J' }))?.version).toBe('unknown')
  })
})

describe('the queue of records', () => {
  it('leaves out whole records when it is full, counts them, and goes on with the next one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 * RECORD_BYTES }), { maxLength: 60 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        (sizes, drains) => {
          const all = Buffer.concat(
            Array.from({ length: 60 }, (_, pid) => bytesOf(record('connect', { pid }))),
          )
          const queue = createRecordQueue(3)
          const seen: number[] = []
          let lost = 0
          let at = 0
          const drain = (): void => {
            lost += queue.drain((words, first) => seen.push(words[first + WORD.pid] ?? -1))
          }
          for (const [index, size] of sizes.entries()) {
            queue.push(all.subarray(at, at + size))
            at = Math.min(at + size, all.length)
            if (drains[index] === true) drain()
          }
          drain()
          // A record that was begun and left out counts already.
          const begun = Math.ceil(at / RECORD_BYTES)
          const whole = Math.floor(at / RECORD_BYTES)
          expect(seen.length + lost).toBeGreaterThanOrEqual(whole)
          expect(seen.length + lost).toBeLessThanOrEqual(begun)
          expect(seen).toEqual(seen.toSorted((a, b) => a - b))
          expect(new Set(seen).size).toBe(seen.length)
        },
      ),
    )
  })
})
