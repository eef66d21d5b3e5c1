/** Command lines printed as a shell takes them, and read again. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMatcher, encodePattern } from '../../daemon/match/pattern.ts'
import { readInvocation } from '../../shared/argv/invocation.ts'
import { readShellText } from '../../shared/argv/words.ts'

const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))
const matcher = createMatcher((text) => `#${text}`)

/** The word as POSIX sh (2.2 Quoting) keeps it, in one of the ways to write it. */
function quote(text: string, style: number): string {
  if (style === 0) return `'${text.replaceAll("'", "'\\''")}'`
  if (style === 1) return `"${text.replace(/[\\"$`]/g, '\\$&')}"`
  return text === ''
    ? "''"
    : text.replace(/[^\w/.-]/gu, (char) => (char === '\n' ? "'\n'" : `\\${char}`))
}

describe('readShellText', () => {
  it('reads back every simple command, however it is quoted', () => {
    const quoted = fc.array(fc.tuple(word, fc.nat({ max: 2 })), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(quoted, (words) => {
        const text = ['/bin/tool', ...words.map(([one, style]) => quote(one, style))].join('  ')
        expect(readShellText(text, [])?.words).toEqual(['/bin/tool', ...words.map(([one]) => one)])
      }),
    )
  })

  it('never throws', () => {
    const shellish = fc.string({ unit: fc.constantFrom(...'ab \'"\\$`{}()|&;<>~\n=-/@'.split('')) })
    fc.assert(
      fc.property(shellish, fc.array(word), (text, rest) => {
        readShellText(text, rest)
        readInvocation(['sh', '-c', text, ...rest])
      }),
    )
  })
})

describe('readInvocation', () => {
  it('never throws and leaves the arguments a tail of the words', () => {
    const known = fc.constantFrom(
      'npx', 'npm', 'exec', 'uv', 'uvx', 'run', 'tool', 'docker', 'env', 'nice', '-c', '--', '-p', 'python', '-m',
      'node', 'bun', 'x', '-y', '--from', 'disclaimer', '@s/p@1', 'a.py', 'pnpm', 'yarn', 'deno', 'task', 'start', '--prefix',
      '-C', 'poetry', 'hatch', 'e:x', 'mise', 'nvm', '20', 'volta', 'tsx', 'nix', 'n#x', 'bwrap', '--dev', 'sudo', 'bash', '--watch',
    ) // biome-ignore format: a list
    fc.assert(
      fc.property(fc.array(fc.oneof(known, word), { maxLength: 8 }), (argv) => {
        const args = readInvocation(argv)?.core.args ?? []
        expect(argv.slice(argv.length - args.length)).toEqual(args)
      }),
    )
  })
})

describe('patterns', () => {
  it('fit what they were made from, and only that', () => {
    const part = fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\0', ''))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 5 }),
        part,
        (pairs, last) => {
          const parts = [...pairs.map(([before]) => before), last]
          const glob = encodePattern({ kind: 'glob', parts }) ?? ''
          const text = pairs.map(([before, value]) => before + value).join('') + last
          expect(matcher.word(glob, text)).toBe(true)
          if (
            parts.some((one) => one !== '' && !text.slice(1).includes(one) && text.startsWith(one))
          )
            expect(matcher.word(glob, text.slice(1))).toBe(false)
        },
      ),
    )
  })

  it('compare a digest with the word it stands for alone', () => {
    fc.assert(
      fc.property(word, word, (secret, other) => {
        const digest = encodePattern({ kind: 'digest', digest: `#${secret}` }) ?? ''
        expect(matcher.word(digest, secret)).toBe(true)
        expect(matcher.word(digest, other)).toBe(secret === other)
      }),
    )
  })
})
