/** Words of a command line, as they are written in a client's file and as they run. */
import fc from 'fast-check'
import type { Expansion } from '../../../shared/clients/row.ts'

export interface Word {
  readonly written: string
  readonly value: string
}

export function literal(value: string): Word {
  return { written: value, value }
}

/** What may be written where a placeholder stands, by the client's own syntax; null where it has none. */
const PLACEHOLDERS: Readonly<Record<Expansion, string | null>> = {
  none: null,
  environment: `\${PLACE}`,
  shell: '$PLACE',
  editor: `\${env:PLACE}`,
  braces: '{env:PLACE}',
  template: `\${{ secrets.PLACE }}`,
}

/** An argument before it is known which client it is written for. */
export interface Argument {
  readonly value: string
  /** How much of the end of it is left to a placeholder: all, the last four letters, or nothing. */
  readonly open: 'all' | 'end' | 'nothing'
}

const VALUES = [
  '/a',
  '/home/ada/b c',
  '--flag',
  '--db=one',
  'stdio',
  '--token=aB3dE5fG7hI9kL1mN3pQ',
  '~/x',
]

export const argument: fc.Arbitrary<Argument> = fc.record({
  value: fc.oneof(fc.constantFrom(...VALUES), fc.stringMatching(/^[a-z]{1,6}$/)),
  open: fc.oneof(
    { weight: 6, arbitrary: fc.constant('nothing' as const) },
    { weight: 1, arbitrary: fc.constantFrom('all' as const, 'end' as const) },
  ),
})

/** A bare `$NAME` goes on over the letters behind it, so that only an end is left open. */
export function wordOf({ value, open }: Argument, expansion: Expansion): Word {
  const placeholder = PLACEHOLDERS[expansion]
  if (open === 'nothing' || placeholder === null) return literal(value)
  const kept = open === 'all' ? '' : value.slice(0, -4)
  return { written: kept + placeholder, value }
}

/** For a shell. Both forms are quoted alike: the placeholder is filled in before the shell reads it. */
export function quoted({ written, value }: Word): Word {
  const isPlain = /^[\w@%+=:,./-]+$/
  if (isPlain.test(written) && isPlain.test(value)) return { written, value }
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  return { written: quote(written), value: quote(value) }
}

export function joined(words: readonly Word[]): Word {
  return {
    written: words.map((word) => quoted(word).written).join(' '),
    value: words.map((word) => quoted(word).value).join(' '),
  }
}
