import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stripControl } from '../../shared/text/control.ts'
import { looksSecret } from '../../shared/text/secret.ts'
import { truncate } from '../../shared/text/truncate.ts'
import { splitWords } from '../../shared/text/words.ts'

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '\u009b',
      '\u0007',
      ';',
      'm',
      '\\',
      '\u202e',
      '\n',
      '\ud800',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})

it('nothing that controls a terminal is left, and stripping again changes nothing', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = stripControl(text)
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      expect(stripControl(shown)).toBe(shown)
    }),
  )
})

it('visible text is kept as it is', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('a', 'Z', '9', ' ', '~', '[', ']', '\\', ';', 'é', '世', '👋'),
      }),
      (text) => {
        expect(stripControl(text)).toBe(text)
      },
    ),
  )
})

it('truncated text has at most so many code points and begins as the text did', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 30 }), (text, max) => {
      const short = truncate(text, max)
      expect(Array.from(short).length).toBeLessThanOrEqual(max)
      expect(short === text || text.startsWith(short.slice(0, -1))).toBe(true)
    }),
  )
})

it('quoted words come back as they were', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 })), (words) => {
      expect(splitWords(words.map(quote).join(' '))).toEqual(words)
    }),
  )
})

it('a random key is a secret wherever it stands, and any text is judged', () => {
  const key = fc.stringMatching(/^[a-z]{4}[0-9]{3}[a-zA-Z0-9]{24}$/)
  fc.assert(
    fc.property(key, fc.constantFrom('', '--x=', 'a/', 'prefix ', 'X_Y='), (secret, before) => {
      expect(looksSecret(null, before + secret)).toBe(true)
    }),
  )
  fc.assert(
    fc.property(hostile, hostile, (before, text) => {
      expect(typeof looksSecret(before, text)).toBe('boolean')
    }),
  )
})
