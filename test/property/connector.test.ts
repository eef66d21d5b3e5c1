import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ConnectorSink,
  DATAGRAM_BYTES,
  readDatagram,
} from '../../daemon/processes/connector-messages.ts'
import { createFamily } from '../../daemon/processes/family.ts'
import { printDatagram, type Told } from '../unit/processes/fake-connector.ts'

const pid = fc.integer({ min: 1, max: 4_194_304 })
const word = fc.nat(0xffff_ffff)
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    kind: fc.constant('ack' as const),
    acknowledgement: word,
    error: fc.nat(133),
  }),
  fc.record({
    kind: fc.constant('fork' as const),
    parent: pid,
    child: pid,
    atNs: fc.nat(Number.MAX_SAFE_INTEGER),
  }),
  fc.record({ kind: fc.constant('exec' as const), pid }),
  fc.record({ kind: fc.constant('exit' as const), pid }),
)
/** What must be passed over: threads, and kinds that are none of ours. */
const noise: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    kind: fc.constant('fork' as const),
    parent: pid,
    child: pid,
    thread: fc.constant(4_194_305),
    atNs: fc.nat(),
  }),
  fc.record({ kind: fc.constant('exit' as const), pid, thread: fc.constant(4_194_305) }),
  fc.record({
    kind: fc.constant('other' as const),
    what: fc.constantFrom(4, 0x40, 0x80, 0x100, 0x200, 0x4000_0000),
    pid,
  }),
)

function collector(): { readonly heard: Told[]; readonly sink: ConnectorSink } {
  const heard: Told[] = []
  const sink: ConnectorSink = {
    concerns: () => true,
    fork: (parent, child, atNs) => heard.push({ kind: 'fork', parent, child, atNs }),
    exec: (number) => heard.push({ kind: 'exec', pid: number }),
    exit: (number) => heard.push({ kind: 'exit', pid: number }),
    acknowledged: (acknowledgement, error) => heard.push({ kind: 'ack', acknowledgement, error }),
  }
  return { heard, sink }
}

function read(bytes: Uint8Array, length = bytes.length): Told[] {
  const words = new Uint32Array(DATAGRAM_BYTES / 4)
  new Uint8Array(words.buffer).set(bytes.subarray(0, DATAGRAM_BYTES))
  const { heard, sink } = collector()
  readDatagram(words, length, sink)
  return heard
}

describe('a datagram of the connector', () => {
  it('gives back what was printed, and passes over threads and other events', () => {
    const mixed = fc.array(
      fc.oneof(
        told.map((event) => ({ event, counts: true })),
        noise.map((event) => ({ event, counts: false })),
      ),
      { maxLength: 13 },
    )
    fc.assert(
      fc.property(mixed, (events) => {
        const expected = events.filter(({ counts }) => counts).map(({ event }) => event)
        expect(read(printDatagram(events.map(({ event }) => event)))).toEqual(expected)
      }),
    )
  })

  it('that is cut anywhere tells a beginning of it, and no more', () => {
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 6 }), fc.nat(500), (events, cut) => {
        const bytes = printDatagram(events)
        const length = Math.min(cut, bytes.length)
        const heard = read(bytes.subarray(0, length), length)
        expect(heard).toEqual(events.slice(0, Math.floor(length / 76)))
      }),
    )
  })

  it('never throws and never hangs, whatever the bytes and the length told', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: DATAGRAM_BYTES }),
        fc.nat(1 << 20),
        (bytes, length) => {
          expect(read(bytes, length).length).toBeLessThanOrEqual(DATAGRAM_BYTES / 16)
        },
      ),
    )
  })
})

describe('a family', () => {
  it('has just the descendants, whatever the order of lives, against a plain model', () => {
    const step = fc.record({
      kind: fc.constantFrom('fork', 'exit', 'exec'),
      one: fc.nat(12),
      other: fc.nat(12),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const family = createFamily()
        family.watch([1])
        // The model: who lives, and whether of the family; numbers are free again after an exit.
        const alive = new Map<number, boolean>([
          [1, true],
          [2, false],
        ])
        const born = new Set<number>()
        for (const { kind, one, other } of steps) {
          if (kind === 'fork' && alive.has(one) && !alive.has(other)) {
            const isKin = alive.get(one) === true
            alive.set(other, isKin)
            born.delete(other)
            if (isKin) born.add(other)
            // A number of the family's that a stranger bears now is its concern too.
            const wasKin = family.has(other)
            expect(family.fork(one, other, 5)).toBe(isKin || wasKin)
          } else if (kind === 'exit' && alive.has(one)) {
            alive.delete(one)
            family.exit(one)
          } else if (kind === 'exec' && alive.has(one)) {
            expect(family.exec(one)).toBe(alive.get(one) === true)
          }
        }
        const { look } = family.take()
        const told = new Set(look.filter(({ parent }) => parent !== null).map((s) => s.pid))
        expect(told).toEqual(born)
        for (const [number, isKin] of alive) expect(family.has(number)).toBe(isKin)
      }),
    )
  })
})
