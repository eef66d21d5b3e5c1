/** The ring's reader against a kernel that is played: it takes all that is whole, in order, and reads nothing else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patchMaps } from '../../daemon/capture/bpf/patch.ts'
import { parseCapabilities, parseMounts } from '../../daemon/capture/bpf/proc-self.ts'
import { RingReader } from '../../daemon/capture/bpf/ring.ts'
import { RECORD_BYTES, RECORD_WORDS } from '../../daemon/capture/exact/record-layout.ts'

const RING = 4096
const BUSY = 0x8000_0000
const DISCARDED = 0x4000_0000

interface Ring {
  readonly memory: {
    readonly data: Uint32Array
    readonly produced: Uint32Array
    readonly consumed: BigUint64Array
  }
  /** False when there is no room. */
  write(header: number, mark: number): number | null
  setHeader(position: number, header: number): void
  left(): number
}

/** As the kernel writes: the same word is seen in both copies of the data. `begin`: where its positions stand. */
function createRing(begin = 0): Ring {
  const data = new Uint32Array((2 * RING) / 4)
  const produced = new Uint32Array(2)
  const consumed = new BigUint64Array(1)
  let end = begin
  const publish = (): void => {
    produced[0] = end >>> 0
    produced[1] = Math.floor(end / 2 ** 32)
  }
  publish()
  const put = (position: number, word: number): void => {
    const at = (position % RING) / 4
    data[at] = word
    data[at + RING / 4] = word
  }
  return {
    memory: { data, produced, consumed },
    write(header, mark) {
      const size = ((header & 0x3fff_ffff) + 15) & ~7
      if (end + size - Number(consumed[0]) > RING) return null
      const position = end
      put(position, header)
      for (let offset = 8; offset < size; offset += 4) put(position + offset, mark)
      end += size
      publish()
      return position
    },
    setHeader: put,
    left: () => end - Number(consumed[0]),
  }
}

const entry = fc.record({
  length: fc.oneof(
    { weight: 6, arbitrary: fc.constant(RECORD_BYTES) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 600 }) },
  ),
  isDiscarded: fc.boolean(),
  isBusy: fc.boolean(),
})

describe('reading the ring', () => {
  it('takes every whole record once, in order, over any number of rounds', () => {
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 25 }), { maxLength: 30 }), (rounds) => {
        const ring = createRing()
        const reader = new RingReader(ring.memory)
        const [expected, taken] = [[] as number[], [] as number[]]
        let mark = 1
        for (const entries of rounds) {
          const busy: [position: number, header: number][] = []
          for (const { length, isDiscarded, isBusy } of entries) {
            const header = length + (isDiscarded ? DISCARDED : 0)
            const position = ring.write(isBusy ? header + BUSY : header, mark)
            if (position === null) break
            if (isBusy) busy.push([position, header])
            if (length === RECORD_BYTES && !isDiscarded) expected.push(mark)
            mark += 1
          }
          const take = (words: Uint32Array, first: number): void => {
            expect(first + RECORD_WORDS).toBeLessThanOrEqual(words.length)
            const record = words.subarray(first, first + RECORD_WORDS)
            expect(new Set(record).size).toBe(1)
            taken.push(record[0] ?? 0)
          }
          expect(reader.drain(take)).toBe(0)
          if (busy.length > 0) expect(ring.left()).toBeGreaterThan(0)
          for (const [position, header] of busy) ring.setHeader(position, header)
          expect(reader.drain(take)).toBe(0)
          expect(ring.left()).toBe(0)
          expect(taken).toEqual(expected)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('stops at what is being written, and does not take what lies behind it', () => {
    const ring = createRing()
    const reader = new RingReader(ring.memory)
    const taken: number[] = []
    const take = (words: Uint32Array, first: number): number => taken.push(words[first] ?? 0)
    ring.write(RECORD_BYTES, 1)
    const position = ring.write(RECORD_BYTES + BUSY, 2) ?? 0
    ring.write(RECORD_BYTES, 3)
    reader.drain(take)
    expect(taken).toEqual([1])
    ring.setHeader(position, RECORD_BYTES)
    reader.drain(take)
    expect(taken).toEqual([1, 2, 3])
  })

  it('never reads outside, whatever the memory says, and always comes to an end', () => {
    const words = fc.uint32Array({ minLength: RING / 4, maxLength: RING / 4 })
    fc.assert(
      fc.property(words, fc.array(fc.nat(0xffff_ffff), { maxLength: 5 }), (noise, ends) => {
        const { memory } = createRing()
        memory.data.set(noise, 0)
        memory.data.set(noise, RING / 4)
        const reader = new RingReader(memory)
        for (const end of ends) {
          memory.produced[0] = end
          const unread = reader.drain((given, first) => {
            expect(first).toBeGreaterThanOrEqual(0)
            expect(first + RECORD_WORDS).toBeLessThanOrEqual(given.length)
          })
          expect(unread === 0 || unread === 1).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives the kernel its positions in 64 bits, beyond the first four gigabytes', () => {
    const ring = createRing()
    const reader = new RingReader(ring.memory)
    // As if that much had been read: an entry of another length is passed over whole.
    const many = 0x3fff_fff0
    let position = 0
    for (let round = 0; round < 5; round += 1) {
      // No ring is that large: the reader makes nothing of it, and goes on behind it.
      position += many
      ring.memory.produced[0] = position >>> 0
      expect(reader.drain(() => undefined)).toBe(1)
    }
    expect(ring.memory.consumed[0]).toBe(BigInt(position))
    expect(position).toBeGreaterThan(2 ** 32)
  })

  it('counts a record as read when its taker throws', () => {
    const ring = createRing()
    const reader = new RingReader(ring.memory)
    ring.write(RECORD_BYTES, 1)
    ring.write(RECORD_BYTES, 2)
    const taken: number[] = []
    expect(() =>
      reader.drain(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    reader.drain((words, first) => taken.push(words[first] ?? 0))
    expect(taken).toEqual([2])
  })
})

describe('total functions', () => {
  it('of /proc/self', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseMounts(text)
        parseCapabilities(text)
      }),
    )
    const point = fc.stringMatching(/^\/[a-z \\é]{0,20}$/)
    fc.assert(
      fc.property(point, fc.constantFrom('cgroup2', 'cgroup', 'tmpfs'), (path, type) => {
        const escaped = path.replaceAll(
          /[ \\]/g,
          (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
        )
        const line = `1 2 0:3 / ${escaped} rw shared:1 - ${type} some rw`
        expect(parseMounts(line)).toEqual({
          cgroup2: type === 'cgroup2' ? [path] : [],
          hasCgroup1: type === 'cgroup',
        })
      }),
    )
  })

  it('of instructions: the same length, and nothing changed without a constant', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(patchMaps(bytes, new Map())).toEqual(bytes)
      }),
    )
  })
})
