import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../daemon/processes/packages.ts'
import { parseCmdline } from '../../daemon/processes/proc-cmdline.ts'
import { parseCgroup, parseRealUid, parseStat } from '../../daemon/processes/proc-stat.ts'
import { printStat } from '../unit/processes/fake-proc.ts'

const hostileName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((name) => !name.includes('\0')),
  fc.constantFrom(') S 1 1 1', '(x) R 0 (', 'a\nb', '))', '', 'Uid:\t0', 'npm exec @model'),
)
const argument = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll('\0', '')),
  fc.constantFrom('', ' ', '--flag=value with space', '/a path/x', '\n', '-'),
)

describe('a stat line', () => {
  it('gives back what was printed, whatever the process calls itself', () => {
    const model = fc.record({
      pid: fc.integer({ min: 1, max: 4_194_304 }),
      ppid: fc.nat(4_194_304),
      comm: hostileName,
      state: fc.constantFrom('R', 'S', 'D', 'T', 't', 'Z', 'I'),
      threads: fc.integer({ min: 1, max: 5000 }),
      startTicks: fc.nat(2 ** 40),
      vsize: fc.nat(2 ** 46),
      argStart: fc.integer({ min: 1, max: 2 ** 47 }),
      areaBytes: fc.nat(2_000_000),
    })
    fc.assert(
      fc.property(model, (process) => {
        const { areaBytes, ...fields } = process
        const argEnd = process.argStart + areaBytes
        expect(parseStat(Buffer.from(printStat(process)))).toMatchObject({ ...fields, argEnd })
      }),
    )
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        parseStat(bytes)
        const { argv } = parseCmdline(bytes, null, null)
        expect(Array.isArray(argv)).toBe(true)
      }),
    )
  })
})

describe('a command line', () => {
  it('gives back the arguments of a program that left them alone', () => {
    // A second argument that is not empty: alone, one argument cannot always be told from a title.
    const argv = fc
      .tuple(argument, fc.array(argument, { maxLength: 4 }), argument)
      .map(([first, middle, last]) => [first, ...middle, `${last}.`, ...middle])
    fc.assert(
      fc.property(argv, (given) => {
        const bytes = Buffer.from(given.map((text) => `${text}\0`).join(''))
        expect(parseCmdline(bytes, bytes.length, '/usr/bin/node')).toEqual({
          argv: given,
          form: 'given',
        })
      }),
    )
  })

  it('is a title when one string was written over two arguments or more, as libuv does it', () => {
    const title = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
      .map((text) => `npm exec ${text}`)
    fc.assert(
      fc.property(title, fc.integer({ min: 12, max: 120 }), (text, area) => {
        // What does not fit is cut, the rest is filled with NULs, the last byte stays NUL.
        const bytes = Buffer.alloc(area)
        bytes.write(text.slice(0, area - 1))
        const { argv, form } = parseCmdline(bytes, area, '/usr/bin/node')
        expect({ argv, form }).toEqual({ argv: [text.slice(0, area - 1)], form: 'rewritten' })
      }),
    )
  })
})

describe('status and cgroup', () => {
  it('give the real user and the version 2 group, whatever name stands above them', () => {
    const uid = fc.nat(2 ** 32 - 2)
    const path = fc.stringMatching(/^(\/[\w.@:() -]{1,20}){1,4}$/)
    fc.assert(
      fc.property(uid, uid, hostileName, path, (real, effective, name, group) => {
        // Newlines of the name are escaped by the kernel, in status only.
        const shown = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
        const status = `Name:\t${shown}\nState:\tS\nUid:\t${real}\t${effective}\t0\t0\n`
        expect(parseRealUid(Buffer.from(status))).toBe(real)
        const groups = `9:name=systemd:${group}x\n1:cpu:/\n0::${group}\n`
        expect(parseCgroup(Buffer.from(groups))).toBe(group)
      }),
    )
  })
})

describe('a package.json', () => {
  it('gives names and versions of harmless characters only, or none', () => {
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.constant('@a/b'))
    const text = fc.oneof(
      fc.record({ name: field, version: field }).map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (manifest) => {
        const found = parseManifest(manifest).package
        expect(found?.name ?? 'x').toMatch(/^[\w@/.~-]{1,214}$/)
        expect(found?.version ?? '1').toMatch(/^[\dA-Za-z.+-]{1,64}$/)
      }),
    )
  })
})
