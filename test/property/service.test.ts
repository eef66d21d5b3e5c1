/** What is written into service files is read back by the rules of their formats, whatever paths are called. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commandWord, environmentWord, unitWord } from '../../cli/service/quote-systemd.ts'
import { xmlText } from '../../cli/service/render-launchd.ts'
import { parseLaunchdState, parseSystemdState } from '../../cli/service/state.ts'
import { parseRecord, recordText } from '../../shared/service/record.ts'

/** Characters that mean something to systemd, a shell, XML or JSON come up often. */
const odd = fc.constantFrom(...`% %% $ $$ $H " ' \\ \\n ; -- --> < > & # @ = é 字`.split(' '), ' ')
const name = fc
  .array(fc.oneof(odd, fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' })), {
    minLength: 1,
  })
  .map((parts) => parts.join(''))
  .filter((text) => !/[\u0000-\u001f\u007f\ufffe\uffff]/.test(text))

/** systemd.syntax(7), "Quoting"; specifiers as in systemd.unit(5); variables as in systemd.service(5). */
function readWords(line: string, hasVariables: boolean): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? ''
    if (char === '\\') {
      at += 1
      const next = line[at] ?? ''
      if (!'\\"'.includes(next)) throw new Error(`the escape \\${next} is not one that is written`)
      word = (word ?? '') + next
    } else if (quote !== '' && char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) {
      if (word !== null && word !== '') throw new Error('a quote in the middle of a word')
      quote = char
      word ??= ''
    } else if (quote === '' && char === ' ') {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + char
  }
  if (quote !== '') throw new Error('a quote is left open')
  if (word !== null) words.push(word)
  return words.map((each) => {
    const plain = doubled(each, '%')
    return hasVariables ? doubled(plain, '$') : plain
  })
}

/** A single one would be a specifier or a variable. */
function doubled(text: string, char: string): string {
  const rest = text.split(char + char)
  if (rest.some((part) => part.includes(char))) throw new Error(`a single ${char} in ${text}`)
  return rest.join(char)
}

it('words of a unit come back as they were', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (words) => {
      expect(readWords(words.map(unitWord).join(' '), false)).toEqual(words)
      expect(readWords(words.map(commandWord).join(' '), true)).toEqual(words)
      const variables = words.map((word) => environmentWord('NAME', word)).join(' ')
      expect(readWords(variables, false)).toEqual(words.map((word) => `NAME=${word}`))
    }),
  )
})

it('a control character is refused, wherever it is', () => {
  fc.assert(
    fc.property(name, name, fc.constantFrom('\n', '\0', '\u001b', '\u007f'), (a, b, control) => {
      expect(() => unitWord(a + control + b)).toThrow('no unit can hold')
      expect(() => xmlText(a + control + b)).toThrow('no plist can hold')
    }),
  )
})

it('text of a plist comes back as it was', () => {
  fc.assert(
    fc.property(name, (text) => {
      const written = xmlText(text)
      expect(written).not.toMatch(/[<>]/)
      const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
      expect(written.replaceAll(/&\w*;?/g, (entity) => entities[entity] ?? 'wrong')).toBe(text)
    }),
  )
})

it('a record comes back from any text around it, and never ends a comment', () => {
  const record = fc.record({
    version: name,
    node: fc.string(),
    modules: name,
    program: fc.string(),
  })
  fc.assert(
    fc.property(record, name, (made, before) => {
      const line = recordText(made)
      expect(line).not.toMatch(/--|\n/)
      expect(parseRecord(`# ${before.replaceAll('mcp-watch', '')}\n# ${line}\n[Unit]`)).toEqual(
        made,
      )
    }),
  )
})

it('any answer of a manager and any file are read without an error', () => {
  const line = fc.tuple(fc.constantFrom('MainPID', 'ActiveState', 'Result', 'pid', ''), fc.string())
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom(0, 1, null), (lines, code) => {
      const text = lines.map(([key, value]) => `${key}=${value}`).join('\n')
      for (const state of [parseSystemdState(text, code), parseLaunchdState(text, code)]) {
        expect(state.pid ?? 1).toBeGreaterThan(0)
        expect(state.trouble ?? 'a').toMatch(/^[a-z-]+$/)
      }
      expect(parseRecord(`mcp-watch-record: ${text}`)).toBeNull()
    }),
  )
})
