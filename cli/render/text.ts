/** Text measured in terminal cells: how wide, cut to a width, wrapped. */
import { stripControl } from '../../shared/text/control.ts'

const ELLIPSIS = '…'
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Blocks whose characters take two cells (Unicode Standard Annex 11, East Asian Width W and F), from–to pairs. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
]

/** One cell a unit: ASCII, Latin, and the punctuation and arrows that our own words have (no soft hyphen, no marks). */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff]*$/
const EMOJI = /\p{Emoji_Presentation}|\ufe0f|\u20e3/u
const INVISIBLE = /^[\p{Mark}\p{Format}\p{Control}]+$/u

/** Makes text from outside safe to show on one line: every string that a watched program could have chosen. */
export function clean(text: string): string {
  return stripControl(text).replace(/\s+/g, ' ').trim()
}

/** Cells that `text` takes; control sequences must not be in it. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length
  let cells = 0
  for (const { segment } of graphemes(text)) cells += graphemeWidth(segment)
  return cells
}

/** At most `cells` wide, with an ellipsis where something was cut. Never cuts within a character. */
export function cut(text: string, cells: number): string {
  if (width(text) <= cells) return text
  let taken = ''
  let used = 0
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment)
    if (used > cells - 1) break
    taken += segment
  }
  return cells > 0 ? `${taken}${ELLIPSIS}` : ''
}

/** Breaks at spaces, each line indented; a word longer than a line stays whole. `cells` null: one line. */
export function wrap(text: string, cells: number | null, indent: string): string {
  const room = cells === null ? Number.POSITIVE_INFINITY : Math.max(20, cells - indent.length)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > room) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((each) => indent + each).join('\n')
}

/** `1 server`, `2 servers`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function graphemes(text: string): Intl.Segments {
  return SEGMENTER.segment(text)
}

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0
  if (code >= 0x20 && code < 0x7f) return 1
  if (INVISIBLE.test(grapheme)) return 0
  if (EMOJI.test(grapheme)) return 2
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}
