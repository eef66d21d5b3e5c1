/** That the parts of the kernel's programs that are written twice say the same. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { patchMaps } from '../../../daemon/capture/bpf/patch.ts'
import {
  MAP_CONSTANTS,
  MAPS,
  PLACES,
  RING_BYTES,
  VARIANTS,
} from '../../../daemon/capture/bpf/program-table.ts'
import { INSTRUCTIONS, SOURCES_SHA256 } from '../../../daemon/capture/bpf/programs.ts'
import { RECORD_BYTES, RECORD_KIND, WORD } from '../../../daemon/capture/exact/record-layout.ts'

const FOLDER = join(import.meta.dirname, '../../../daemon/capture/bpf')
const source = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
const code = (name: keyof typeof INSTRUCTIONS, variant: 'full' | 'basic'): Buffer =>
  Buffer.from(INSTRUCTIONS[name][variant], 'base64')

/** Constants of 64 bits that the instructions load. */
function constantsIn(bytes: Buffer): Set<bigint> {
  const found = new Set<bigint>()
  for (let at = 0; at < bytes.length; at += 8) {
    if (bytes[at] !== 0x18) continue
    found.add(BigInt(bytes.readUInt32LE(at + 4)) | (BigInt(bytes.readUInt32LE(at + 12)) << 32n))
    at += 8
  }
  return found
}

describe('the record', () => {
  const WIDTHS: Readonly<Record<string, number>> = {
    __u8: 1,
    __u16: 2,
    __u32: 4,
    __u64: 8,
    char: 1,
  }
  const body = /struct record \{([^}]+)\}/.exec(source('record.h'))?.[1] ?? ''
  const fields = [...body.matchAll(/(__u\d+|char) (\w+)(?:\[(\d+)\])?;/g)]

  it('has its fields where they are read', () => {
    let offset = 0
    const places: Record<string, number> = {}
    for (const [, type = '', name = '', count = '1'] of fields) {
      const width = WIDTHS[type] ?? 0
      // No padding: each lies at a multiple of its width.
      expect(offset % width).toBe(0)
      places[name] = offset
      offset += width * Number(count)
    }
    expect(offset).toBe(RECORD_BYTES)
    const inSource: Readonly<Record<string, string>> = { ports: 'local_port' }
    for (const [word, index] of Object.entries(WORD)) {
      const name = inSource[word] ?? snake(word).toLowerCase()
      expect([word, places[name]]).toEqual([word, index * 4])
    }
    const { family = 0 } = places
    expect([places['protocol'], places['type'], places['state']]).toEqual([
      family + 1,
      family + 2,
      family + 3,
    ])
    expect(places['remote_port']).toBe(WORD.ports * 4 + 2)
  })

  it('numbers its kinds as they are read', () => {
    const kinds = [...source('record.h').matchAll(/RECORD_(\w+) = (\d+)/g)].map(
      ([, name, number]) => [name, Number(number)],
    )
    expect(kinds).toEqual(
      Object.entries(RECORD_KIND).map(([name, number]) => [snake(name).toUpperCase(), number]),
    )
  })
})

describe('the maps', () => {
  it('are named by the same constants', () => {
    const numbers = [...source('tell.h').matchAll(/#define (\w+) MAP\((\d+)\)/g)]
    const base = BigInt(/0x6d63705700000000/.exec(source('tell.h'))?.[0] ?? 0)
    expect(Object.fromEntries(numbers.map(([, name, n]) => [name, base + BigInt(n ?? 0)]))).toEqual(
      Object.fromEntries(
        Object.entries(MAP_CONSTANTS).map(([name, value]) => [name.toUpperCase(), value]),
      ),
    )
  })

  it('have entries of the size that the programs use', () => {
    const sizeOf = (name: string): number =>
      Number(new RegExp(`sizeof\\(struct ${name}\\) == (\\d+)`).exec(source('flows.h'))?.[1])
    expect([MAPS.flows.keyBytes, MAPS.flows.valueBytes]).toEqual([
      sizeOf('flow_key'),
      sizeOf('flow'),
    ])
  })

  it('include a ring of a size that the kernel takes', () => {
    expect(Math.log2(RING_BYTES) % 1).toBe(0)
    // Pages of arm64 can have 64 KiB.
    expect(RING_BYTES % 65_536).toBe(0)
    expect(RING_BYTES).toBeLessThanOrEqual(2 * 1024 * 1024)
  })
})

describe('the committed instructions', () => {
  it('were made of the sources beside them (npm run build:bpf)', () => {
    const hash = createHash('sha256')
    const names = readdirSync(FOLDER).filter((name) => /\.(c|h)$/.test(name))
    for (const name of names.sort()) hash.update(readFileSync(join(FOLDER, name)))
    expect(hash.digest('hex')).toBe(SOURCES_SHA256)
  })

  it('are of the programs that are attached, and whole', () => {
    expect(Object.keys(INSTRUCTIONS).sort()).toEqual(Object.keys(PLACES).sort())
    for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
      for (const variant of VARIANTS) {
        const bytes = code(name, variant)
        expect(bytes.length % 8).toBe(0)
        // BPF_EXIT ends it, in one place at least; programs that are allowed here have 4,096 instructions.
        expect(bytes.length).toBeGreaterThan(16)
        expect(bytes.length / 8).toBeLessThan(4_096)
      }
    }
  })

  it('name no map but ours, and all ask the ring for room', () => {
    const ours = new Set(Object.values(MAP_CONSTANTS))
    for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
      for (const variant of VARIANTS) {
        const maps = [...constantsIn(code(name, variant))].filter((each) => each >> 32n !== 0n)
        const others = maps.filter((each) => !ours.has(each) && each >> 32n === 0x6d637057n)
        expect(others).toEqual([])
        expect(maps).toContain(MAP_CONSTANTS.ring)
        expect(maps).toContain(MAP_CONSTANTS.drops)
      }
    }
  })
})

describe('putting descriptors in place of constants', () => {
  const fds = new Map([[MAP_CONSTANTS.ring, 7]])
  const load = (constant: bigint): Buffer => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt8(0x18, 0)
    bytes.writeUInt8(0x01, 1)
    bytes.writeUInt32LE(Number(constant & 0xffff_ffffn), 4)
    bytes.writeUInt32LE(Number(constant >> 32n), 12)
    return bytes
  }

  it('marks them as such and keeps the register', () => {
    const patched = Buffer.from(patchMaps(load(MAP_CONSTANTS.ring), fds))
    expect(patched.toString('hex')).toBe('18110000070000000000000000000000')
  })

  it('leaves other constants, and what only looks like one', () => {
    const other = load(42n)
    expect(Buffer.from(patchMaps(other, fds))).toEqual(other)
    // The second half of a load is no instruction, whatever it begins with.
    const tricky = Buffer.concat([load(42n), load(MAP_CONSTANTS.ring)])
    tricky.writeUInt8(0x18, 8)
    expect(Buffer.from(patchMaps(tricky, fds)).subarray(0, 16)).toEqual(tricky.subarray(0, 16))
    expect(patchMaps(tricky, fds)[17]).toBe(0x11)
    const cut = load(MAP_CONSTANTS.ring).subarray(0, 8)
    expect(Buffer.from(patchMaps(cut, fds))).toEqual(cut)
  })

  it('does not write into what it was given', () => {
    const given = load(MAP_CONSTANTS.ring)
    patchMaps(given, fds)
    expect(given).toEqual(load(MAP_CONSTANTS.ring))
  })
})
