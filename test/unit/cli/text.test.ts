import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLine, jsonText } from '../../../cli/render/json.ts'
import { renderTable } from '../../../cli/render/table.ts'
import { cut, width, wrap } from '../../../cli/render/text.ts'
import { duration } from '../../../cli/render/time.ts'

describe('width and cut', () => {
  it.each([
    ['plain', 5],
    ['日本語', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['e\u0301', 1],
    ['ไทยดี', 4],
    ['', 0],
  ])('%s takes %i cells', (text, cells) => {
    expect(width(text)).toBe(cells)
  })
  it('cuts between characters, with an ellipsis', () => {
    expect(cut('日本語', 6)).toBe('日本語')
    expect(cut('日本語', 5)).toBe('日本…')
    expect(cut('日本語', 4)).toBe('日…')
    expect(cut('ab👩‍👩‍👧cd', 5)).toBe('ab👩‍👩‍👧…')
    expect(cut('ab', 0)).toBe('')
  })
  it('never gets wider than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, cells) => {
        expect(width(cut(text, cells))).toBeLessThanOrEqual(cells)
      }),
    )
  })
})

describe('wrap', () => {
  it('breaks at spaces, indents every line and keeps every word', () => {
    const text = 'one two three four five six seven eight nine ten'
    const lines = wrap(text, 24, '  ').split('\n')
    expect(lines.every((line) => line.startsWith('  ') && line.length <= 24)).toBe(true)
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text)
    expect(wrap(text, null, '')).toBe(text)
  })
})

describe('renderTable', () => {
  const columns = [
    { title: 'A', least: 6 },
    { title: 'B', least: 3, align: 'right' as const },
  ]
  it('lines columns up over wide characters', () => {
    const rows = [
      [{ text: '日本語' }, { text: '1' }],
      [{ text: 'abc' }, { text: '22' }],
    ]
    const lines = renderTable(columns, rows, null, (text) => text).split('\n')
    expect(lines.map((line) => width(line))).toEqual([10, 10, 10])
  })
  it('makes the widest column narrower, and leaves the last one out before it gets unreadable', () => {
    const rows = [[{ text: 'a'.repeat(50) }, { text: 'b'.repeat(10) }]]
    const text = (cells: number): string => renderTable(columns, rows, cells, (each) => each)
    expect(text(40)).toContain(`${'a'.repeat(27)}…  ${'b'.repeat(10)}`)
    expect(text(8)).not.toContain('b')
  })
})

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [59_999, '59 s'],
    [83_400_000, '23 h 10 m'],
    [86_400_000, '24 h'],
    [176_400_000, '2 d 1 h'],
  ])('%i ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words)
  })
})

describe('JSON', () => {
  it('is the same value, and safe on a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const json of [jsonText({ text }), jsonLine({ text })]) {
          expect(JSON.parse(json)).toEqual({ text })
          expect(json).not.toMatch(
            /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
          )
        }
      }),
    )
    expect(jsonLine({ text: '\u009b2J' })).toBe('{"text":"\\u009b2J"}\n')
  })
})
