import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readRecord } from '../../daemon/capture/exact/read-record.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../daemon/capture/exact/record-layout.ts'
import type { SocketEvent } from '../../daemon/capture/exact/socket-event.ts'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { SocketAddress } from '../../shared/model/observation.ts'
import { stripControl } from '../../shared/text/control.ts'
import { writeRecord } from '../unit/capture/exact-build.ts'

const uint = fc.integer({ min: 0, max: 0xffff_ffff })
const exact = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const byte = fc.nat({ max: 255 })
const v4 = fc
  .ipV4()
  .map((address) => canonicalAddress(address)?.address)
  .filter((address) => address !== undefined)
const v6 = fc
  .ipV6()
  .map((address) => canonicalAddress(address)?.address)
  .filter((address) => address?.includes(':') === true)
  .map((address) => address ?? '')
const endOf = (addresses: fc.Arbitrary<string>): fc.Arbitrary<SocketAddress> =>
  fc.record({ address: addresses, port: fc.nat({ max: 65_535 }), zone: fc.constant(null) })
const remote = fc.oneof(endOf(v4), endOf(v6))
const ends = fc.oneof(
  fc.record({ local: endOf(v4), remote: endOf(v4) }),
  fc.record({ local: endOf(v6), remote: endOf(v6) }),
)
const by = fc.record({
  pid: fc.integer({ min: 1, max: 0xffff_ffff }),
  uid: uint,
  comm: fc.stringMatching(/^[ -~é]{0,7}$/).map(stripControl),
})
const facts = fc.record({
  atNs: exact,
  cookie: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  netnsCookie: exact,
})
const kind = <K extends SocketEvent['kind']>(name: K) => fc.constant(name)
const event: fc.Arbitrary<SocketEvent> = fc
  .tuple(
    facts,
    fc.oneof(
      fc.record({
        kind: kind('connect'),
        protocol: fc.constantFrom('tcp', 'udp'),
        by,
        remote,
      }),
      fc.record({ kind: kind('send'), by, remote }),
      ends.map((both) => ({ kind: 'connecting' as const, ...both })),
      fc.constant({ kind: 'established' as const }),
      fc.record({ kind: kind('retried'), isLast: fc.boolean() }),
      fc.record({ kind: kind('half-closed'), received: exact }),
      fc.record({
        kind: kind('closed'),
        from: byte,
        acked: exact,
        received: exact,
        isAllAcked: fc.boolean(),
      }),
      fc.record({ kind: kind('released'), state: byte }),
      fc.tuple(ends, uint, exact).map(([both, datagrams, bytes]) => ({
        kind: 'datagram' as const,
        ...both,
        datagrams,
        bytes,
      })),
      fc.record({ kind: kind('raw-socket'), by, family: fc.constantFrom('ipv4', 'ipv6') }),
    ),
  )
  .map(([common, rest]): SocketEvent => ({ ...common, ...rest }))

it('any event is read as it was written, wherever it stands', () => {
  fc.assert(
    fc.property(event, fc.nat({ max: 70 }), uint, (told, first, dirt) => {
      const words = new Uint32Array(first + RECORD_WORDS).fill(dirt)
      writeRecord(told, words, first)
      expect(readRecord(words, first)).toEqual(told)
    }),
  )
})

const words = fc.uint32Array({ minLength: 0, maxLength: 3 * RECORD_WORDS })
/** Half way to a record, with some numbers too large: in mere noise nothing would be found. */
const halfRecord = fc
  .tuple(
    fc.uint32Array({ minLength: RECORD_WORDS, maxLength: RECORD_WORDS }),
    fc.constantFrom(...Object.values(RECORD_KIND)),
    fc.constantFrom(2, 10, 0),
    fc.constantFrom(6, 17, 0),
  )
  .map(([all, number, family, protocol]) => {
    const made = Uint32Array.from(all)
    made[WORD.kind] = number
    made[WORD.family] = ((made[WORD.family] ?? 0) & 0xffff_0000) + family + protocol * 256
    for (const at of [WORD.at, WORD.cookie, WORD.netnsCookie, WORD.sent, WORD.received])
      made[at + 1] = (made[at + 1] ?? 0) % (2 ** 21 + 2 ** 17)
    return made
  })

it('of any words at all comes an event in which everything is as it should be, or none', () => {
  let found = 0
  fc.assert(
    fc.property(fc.oneof(words, halfRecord), fc.constantFrom(0, 0, 1, 32, -1), (all, first) => {
      const told = readRecord(all, first)
      if (told === null) return
      found += 1
      checkNumbers(told)
      if ('local' in told) checkEnd(told.local)
      if ('remote' in told) checkEnd(told.remote)
      if (!('by' in told)) return
      expect(told.by.pid).toBeGreaterThan(0)
      expect(stripControl(told.by.comm)).toBe(told.by.comm)
      expect(told.by.comm.length).toBeLessThanOrEqual(16)
    }),
    { numRuns: 2_000 },
  )
  expect(found).toBeGreaterThan(50)
})

function checkNumbers(told: SocketEvent): void {
  const numbers = Object.values(told).filter((value) => typeof value === 'number')
  expect(numbers.length).toBeGreaterThanOrEqual(3)
  for (const value of numbers) expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
  expect(told.cookie).toBeGreaterThan(0)
}

function checkEnd({ address, port, zone }: SocketAddress): void {
  expect(canonicalAddress(address)).toEqual({ address, zone: null })
  expect(port).toBeGreaterThanOrEqual(0)
  expect(port).toBeLessThanOrEqual(65_535)
  expect(zone).toBeNull()
}
