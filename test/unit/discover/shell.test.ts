// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what people write there
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseConfig } from '../../../daemon/discover/read-config.ts'
import { own, read } from './setting.ts'

const crushrc = own('crush', 'crushrc')
const found = (text: string): unknown[] =>
  read(text, crushrc).servers.map(({ server: { name, transport, launch, disabled } }) => [
    name,
    transport,
    [launch?.command, ...(launch?.args ?? [])].map((word) =>
      word === undefined
        ? ''
        : word.kind === 'glob'
          ? word.parts.join('*')
          : 'value' in word
            ? word.value
            : '#',
    ),
    disabled,
  ])

it.each([
  ['mcp add a --command x', ['a', 'stdio', ['x'], false]],
  [
    'mcp add a --command node --args "my server.js" --args --port --args 1',
    ['a', 'stdio', ['node', 'my server.js', '--port', '1'], false],
  ],
  ['mcp add a \\\r\n --command \\\n x', ['a', 'stdio', ['x'], false]],
  ['mcp add a --command x --disabled TRUE', ['a', 'stdio', ['x'], true]],
  [
    'mcp add a --command x --disabled true\nmcp add a --disabled false',
    ['a', 'stdio', ['x'], false],
  ],
  ['mcp add a --env K --command --command x', ['a', 'stdio', ['x'], false]],
  [
    'mcp add a --command x --args "$HOME2/${K}" --args "$(cat k)"',
    ['a', 'stdio', ['x', '*/*', '*'], false],
  ],
  ['true && mcp add a --command x; false', ['a', 'stdio', ['x'], false]],
  ['mcp add a --type sse --url http://localhost:1', ['a', 'sse', [''], false]],
  ["mcp add 'a b' --command x", ['a b', 'stdio', ['x'], false]],
])('%j', (text, server) => expect(found(text)).toEqual([server]))

it.each([
  ['  # mcp add a --command x'],
  ['echo mcp add a --command x'],
  ['mcp add'],
  ['mcp list a'],
  ['lsp add a --command x'],
  ['mcp add a --command x\nmcp remove a'],
  [''],
])('none: %j', (text) => expect(found(text)).toEqual([]))

it('keeps no variable and no header', () => {
  const text =
    'mcp add a --command x --env KEY hunter2 --header A "Bearer hunter2" --oauth-client-secret hunter2'
  expect(JSON.stringify(read(text, crushrc))).not.toContain('hunter2')
})

it('reads any text, and refuses a very long one with a sentence', () => {
  const word = fc.constantFrom(
    'mcp',
    'add',
    'rm',
    'a',
    '--command',
    '--args',
    '--env',
    "'",
    '"',
    '\\',
    '\n',
    '=',
    '$(',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ unit: 'binary' }))), (words) => {
      read(words.join(' '), crushrc)
    }),
  )
  expect(parseConfig(' '.repeat(600_000), crushrc)).toMatchObject({
    problem: { message: 'larger than 512 KiB, too large for a program' },
  })
})
