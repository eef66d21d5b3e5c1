import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHostBook } from '../../daemon/names/host-book.ts'
import type { AddressRecord } from '../../daemon/names/host-book-resolver.ts'

const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constant('fe80::1%eth0'))
const record: fc.Arbitrary<AddressRecord> = fc.record({
  address,
  ttl: fc.oneof(fc.integer(), fc.double()),
})
const answer = fc.oneof(fc.array(record, { maxLength: 100 }), fc.constant(null))

describe('the host book', () => {
  it('takes any answer, keeps at most 64 addresses of a host, and names no other host', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 6 }), async (answers) => {
        const given: string[] = []
        const left = [...answers]
        let time = 0
        const book = createHostBook({
          resolver: {
            ask: async () => {
              const next = left.shift() ?? null
              if (next === null) throw new Error('no answer')
              given.push(...next.map((each) => each.address))
              return next
            },
            stop: () => undefined,
          },
          clock: { wallMs: () => time, monotonicMs: () => time },
          log: { debug: () => undefined, warn: () => undefined },
        })
        for (const _ of answers) {
          book.want(new Set(['a.test']))
          await new Promise((resolve) => setImmediate(resolve))
          time += 60 * 60_000
        }
        const known = [...new Set(given)].filter((each) => book.namesOf(each).length > 0)
        expect(known.length).toBeLessThanOrEqual(64)
        for (const each of known)
          expect(book.namesOf(each).map(({ host }) => host)).toEqual(['a.test'])
      }),
      { numRuns: 200 },
    )
  })
})
