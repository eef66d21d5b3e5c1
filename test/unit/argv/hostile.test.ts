/** Command lines as long as the kernel lets them be (MAX_ARG_STRLEN, execve(2)), of what patterns are slow to give up on. */
import { describe, expect, it } from 'vitest'
import { readInvocation } from '../../../shared/argv/invocation.ts'
import { likelyPrograms } from '../../../shared/argv/package-runner.ts'

const LONG = 131_000
const TEXTS = [
  '/',
  '@',
  '#',
  'c',
  '-',
  ' ',
  '.',
  '_',
  "'",
  '\\',
  '$(',
  '-wrapped',
  '[',
  '=',
  '/node_modules/',
  'a.',
]
const LINES = [
  ['npx'], ['npx', '-p'], ['uvx'], ['uvx', '--from'], ['sh'], ['sh', '-c'], ['nix', 'run'], ['go', 'run'], ['env', '-S'],
  ['node'], ['python', '-c'], ['hatch', 'run'], ['mise', 'x', '--'], ['docker', 'run'], ['corepack'], ['bash', '-lc'],
] // biome-ignore format: a list

describe('a word of great length', () => {
  it.each(TEXTS)('%s', (text) => {
    const long = text.repeat(LONG / text.length)
    for (const line of LINES)
      for (const word of [`a${long}\nx`, `-${long}1`, `n#${long}!`, `g://${long}x`]) {
        const core = readInvocation([...line, word, 'b'])?.core
        if (core?.kind === 'package') likelyPrograms(core)
        expect(core).toBeDefined()
      }
  })
})
