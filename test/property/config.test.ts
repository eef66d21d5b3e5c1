import fc from 'fast-check'
import { stringify } from 'smol-toml'
import { expect, it } from 'vitest'
import type { Config } from '../../daemon/discover/read-config.ts'
import { parseConfig } from '../../daemon/discover/read-config.ts'
import { digest, fixture, inProject, own, read } from '../unit/discover/setting.ts'

/** What a test configures, before it is printed. */
interface Model {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly disabled: boolean
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('__proto__', 'constructor', 'a.b', '"', "'", '\u202e', '\0', '*', ']', '//', '\u001b[2J', ''),
) // biome-ignore format: a list
/** No placeholder, space or home: a command that is taken as it is. */
const word = fc.stringMatching(/^[a-z][a-z./@-]{0,10}$/)
const models: fc.Arbitrary<Model[]> = fc.uniqueArray(
  fc.record({ name: text, command: word, args: fc.array(text), disabled: fc.boolean() }),
  { selector: ({ name }) => name, maxLength: 5 },
)

/** Compares what was read with the model: an argument is kept as it is, or as its digest, or open at the tilde. */
function expectSame(config: Config, model: readonly Model[]): void {
  expect(config.problems).toEqual([])
  expect(config.servers.map(({ server }) => [server.name, server.disabled])).toEqual(
    model.map(({ name, disabled }) => [name, disabled]),
  )
  model.forEach(({ command, args }, index) => {
    const launch = config.servers[index]?.server.launch
    expect(launch?.command).toEqual({ kind: 'literal', value: command })
    expect(launch?.args.length).toBe(args.length)
    args.forEach((argument, position) => {
      const pattern = launch?.args[position]
      if (pattern?.kind === 'literal') expect(pattern.value).toBe(argument)
      else if (pattern?.kind === 'digest') expect(pattern.digest).toBe(digest(argument))
      else expect([pattern?.parts, argument[0]]).toEqual([['', argument.slice(1)], '~'])
    })
  })
}

/** Between any two tokens: what people and editors put there. */
const gap = fc.constantFrom('', ' ', '\n', '\r\n\t', '/* } */', '// ]\n', ' /**/ ')

/** Prints JSON with comments and trailing commas; object members in the order of `entries`. */
function printJsonc(model: readonly Model[], gaps: readonly string[]): string {
  let next = 0
  const g = (): string => gaps[next++ % gaps.length] ?? ''
  const list = (items: readonly string[], [open, close]: string): string =>
    `${open}${g()}${items.map((item) => item + g()).join(`,${g()}`)}${items.length > 0 && next % 2 ? ',' : ''}${g()}${close}`
  const member = (key: string, value: string): string =>
    `${JSON.stringify(key)}${g()}:${g()}${value}`
  const servers = model.map(({ name, command, args, disabled }) => {
    const members = [
      member('command', JSON.stringify(command)),
      member(
        'args',
        list(
          args.map((argument) => JSON.stringify(argument)),
          '[]',
        ),
      ),
      member('env', '{"KEY": "secret", "N": 1, "X": null}'),
      member('disabled', String(disabled)),
    ]
    return member(name, list(members, '{}'))
  })
  return `\ufeff${g()}${list([member('mcpServers', list(servers, '{}'))], '{}')}${g()}`
}

it('JSON as people write it is read as it was meant', () => {
  fc.assert(
    fc.property(models, fc.array(gap, { minLength: 1, maxLength: 9 }), (model, gaps) => {
      expectSame(read(printJsonc(model, gaps), own('claude-desktop', '_config.json')), model)
    }),
  )
})

it('TOML is read as it was meant', () => {
  fc.assert(
    fc.property(models, (model) => {
      // The `s` keeps `__proto__` from being assigned; the unit tests have that name.
      const named = new Map(model.map(wellFormed).map((one) => [`s${one.name}`, one]))
      const servers = [...named].map(([key, { command, args, disabled }]) => [
        key,
        { command, args, enabled: !disabled, env: { KEY: 'secret' } },
      ])
      const printed = stringify({ mcp_servers: Object.fromEntries(servers) })
      const expected = [...named].map(([name, one]) => ({ ...one, name }))
      expectSame(read(printed, own('codex', 'config.toml')), expected)
    }),
  )
})

/** TOML is UTF-8 and has no half of a surrogate pair. */
function wellFormed(model: Model): Model {
  const clean = (value: string): string => value.replace(/\p{Cs}/gu, '?')
  return { ...model, name: clean(model.name), args: model.args.map(clean) }
}

const places = [
  ['claude-code.json', own('claude-code', '.claude.json')],
  ['claude-code-project.json', inProject('claude-code', '/srv/p')],
  ['vscode-settings.json', own('vscode', 'User/settings.json')],
  ['codex.toml', own('codex', 'config.toml')],
] as const

it.each(places)(
  '%s with anything done to it gives a result or a place, and never its text',
  (name, candidate) => {
    const sample = fixture(name)
    const cut = fc.tuple(fc.nat(sample.length), fc.nat(20), text)
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
        let broken = sample
        for (const [at, length, put] of cuts)
          broken = broken.slice(0, at) + put + broken.slice(at + length)
        const parsed = parseConfig(broken, candidate)
        if (parsed.ok) read(broken, candidate)
        else expect(parsed.problem.message).toMatch(/^(not|nested) [a-zA-Z :]+$/)
      }),
    )
  },
)

it('any text at all gives a result', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...places), (any, [, candidate]) => {
      const parsed = parseConfig(any, candidate)
      if (parsed.ok) read(any, candidate)
    }),
  )
})

it('any data in place of servers gives a result', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (servers, projects) => {
      read(JSON.stringify({ mcpServers: servers, projects }), own('claude-code', '.claude.json'))
      read(JSON.stringify({ mcpServers: { a: servers } }), own('cursor', 'mcp.json'))
    }),
  )
})
