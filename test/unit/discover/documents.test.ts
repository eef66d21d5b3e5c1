import { expect, it } from 'vitest'
import { parseJson } from '../../../daemon/discover/json-document.ts'
import { parseToml } from '../../../daemon/discover/toml-document.ts'
import { parseYaml } from '../../../daemon/discover/yaml-document.ts'
import { own, read } from './setting.ts'

const cursor = own('cursor', 'mcp.json')

it('tells line and column of a mistake and nothing of the file', () => {
  expect(parseJson('{\n  "a": 1\n  "hunter2": 2\n}')).toEqual({
    ok: false,
    problem: { message: 'not valid JSON: comma expected', position: { line: 3, column: 3 } },
  })
  expect(parseToml('a = 1\nb = = hunter2\n')).toEqual({
    ok: false,
    problem: { message: 'not valid TOML', position: { line: 2, column: 5 } },
  })
})

it('counts lines whatever ends them', () => {
  const result = parseJson('{\r\n"a": 1,\r\n\r\n  nope}')
  expect(result).toMatchObject({ ok: false, problem: { position: { line: 4, column: 3 } } })
})

it.each([
  ['', true],
  ['// nothing yet\n', true],
  ['[]', false],
  ['"text"', false],
  ['{', false],
  ['{"a":', false],
  [`${'['.repeat(1_000_000)}`, false],
  [`{"a":${'{"a":'.repeat(300)}1${'}'.repeat(301)}`, false],
  [`{"a":"${'{'.repeat(300)}"}`, true],
])('JSON %#', (text, ok) => {
  expect(parseJson(text).ok).toBe(ok)
})

it.each([
  ['', true],
  ['[mcp_servers', false],
  [`a = ${'['.repeat(100_000)}`, false],
  [`[${'a.'.repeat(20_000)}a]`, true],
  [`${'a.'.repeat(20_000)}a = 1`, true],
  ['a = 1\na = 2', false],
])('TOML %#', (text, ok) => {
  expect(parseToml(text).ok).toBe(ok)
})

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat(
    Array.from({ length: 9 }, (_, n) => {
      const name = String.fromCharCode(98 + n)
      const before = String.fromCharCode(97 + n)
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join()}]`
    }),
  )
  .join('\n')

it.each([
  ['', null],
  ['# nothing yet\n', null],
  ['- a', 'not a YAML map'],
  ['text', 'not a YAML map'],
  ['a: [', 'not valid YAML'],
  ['a: 1\n---\nb: 2\n', 'not valid YAML'],
  ['a: *nowhere', 'not valid YAML, or its aliases repeat too much'],
  ['a: !!js "x"', null],
  [`a: ${'['.repeat(10_000)}`, 'nested too deeply'],
  [`a:\n  ${'- '.repeat(5000)}x`, 'nested too deeply'],
  [Array.from({ length: 300 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), 'nested too deeply'],
  ['a: &a [*a]', 'an alias leads into itself'],
  ['a: &a\n  b: *a\n', 'an alias leads into itself'],
  ['&A { <<: *A }', 'an alias leads into itself'],
  [bomb, 'not valid YAML, or its aliases repeat too much'],
  [`a: [${'x,'.repeat(150_000)}]`, 'holds too many values'],
  [`a: ${'x'.repeat(1_100_000)}`, 'larger than 512 KiB, too large for YAML'],
  [`a: &x 1\nb: [${'*x,'.repeat(1000)}]`, 'holds too many aliases'],
  ['a: &x 1\nb: *x', null],
] as const)('YAML %#', (text, message) => {
  const parsed = parseYaml(text)
  expect(parsed.ok ? null : parsed.problem.message).toBe(message)
})

it('tells where YAML is wrong and nothing of it', () => {
  expect(parseYaml('a: 1\nb: hunter2: 3\n')).toMatchObject({
    ok: false,
    problem: { message: 'not valid YAML', position: { line: 2 } },
  })
  const goose = 'extensions:\n  right: {cmd: x}\n  wrong:\n    timeout: 3\n'
  expect(read(goose, own('goose', 'config.yaml')).problems).toEqual([
    { message: 'a server entry has neither a command nor a url', position: { line: 3, column: 3 } },
  ])
})

it('takes hostile names as mere names', () => {
  const json = `{"mcpServers": {"__proto__": {"command": "a"}, "constructor": {"command": "b"}}}`
  expect(read(json, cursor).servers.map(({ server }) => server.name)).toEqual([
    '__proto__',
    'constructor',
  ])
  const toml = '[mcp_servers.__proto__]\ncommand = "a"\n[mcp_servers.toString]\ncommand = "b"\n'
  const { servers } = read(toml, own('codex', 'config.toml'))
  expect(servers.map(({ server }) => server.name)).toEqual(['__proto__', 'toString'])
  const yaml = 'extensions:\n  __proto__: {cmd: a}\n  constructor: {cmd: b}\n'
  const goose = read(yaml, own('goose', 'config.yaml'))
  expect(goose.servers.map(({ server }) => server.name)).toEqual(['__proto__', 'constructor'])
  expect(({} as Record<string, unknown>)['command']).toBeUndefined()
  expect(read(`{"__proto__": {"mcpServers": {"x": {"command": "a"}}}}`, cursor).servers).toEqual([])
})

it('lets the last of two servers with one name win, and says so', () => {
  const { servers, problems } = read(
    '{"mcpServers": {\n"x": {"command": "first"},\n"x": {"command": "last"}}}',
    cursor,
  )
  expect(servers.map(({ server }) => server.launch?.command)).toEqual([
    { kind: 'literal', value: 'last' },
  ])
  expect(problems).toEqual([
    {
      message: 'a server of the same name follows and replaces this one',
      position: { line: 2, column: 1 },
    },
  ])
})

it.each([
  ['null', []],
  ['[]', []],
  ['[1]', ['a server entry is not an object']],
  ['7', ['the servers are not an object']],
  ['{"a": 1, "b": null, "c": []}', Array(3).fill('a server entry is not an object')],
  ['{"a": {"command": []}}', ['a server entry has neither a command nor a url']],
  ['{"a": {"command": [{}]}}', ['a server entry has neither a command nor a url']],
  ['{"a": {"command": ["npx", {}]}}', ['an argument of a server is not text, or too long']],
  ['{"a": {"command": "x", "args": "y"}}', ['the args of a server are not a list']],
  [
    '{"a": {"command": "x", "args": [1, true, {}]}}',
    ['an argument of a server is not text, or too long'],
  ],
])('reports what is wrong with the servers %s', (servers, messages) => {
  const { problems } = read(`{"mcpServers": ${servers}}`, cursor)
  expect(problems.map(({ message }) => message)).toEqual(messages)
})

it('does not let many mistakes hide a server, nor many values fill the memory', () => {
  const mistakes = Array.from({ length: 2000 }, (_, index) => `"x${index}": 1`)
  const { servers, problems } = read(
    `{"mcpServers": {${mistakes.join()}, "real": {"command": "x"}}}`,
    cursor,
  )
  expect([servers.length, problems.length]).toEqual([1, 100])
  expect(parseJson(`[${'1,'.repeat(600_000)}]`)).toMatchObject({
    problem: { message: 'holds too many values' },
  })
  expect(parseToml(`${'a.'.repeat(400_000)}a = 1`)).toMatchObject({
    problem: { message: 'holds too many values' },
  })
})
