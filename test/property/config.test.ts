import fc from 'fast-check'
import { stringify } from 'smol-toml'
import { expect, it } from 'vitest'
import { stringify as stringifyYaml } from 'yaml'
import type { Config } from '../../daemon/discover/read-config.ts'
import { parseConfig } from '../../daemon/discover/read-config.ts'
import type { KeyPath } from '../../shared/clients/row.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
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

it('YAML is read as it was meant', () => {
  const width = fc.constantFrom(0, 40, 80)
  fc.assert(
    fc.property(models, width, fc.boolean(), (model, lineWidth, flow) => {
      const named = new Map(model.map(wellFormed).map((one) => [one.name, one]))
      const servers = [...named].map(([name, { command, args, disabled }]) => {
        const entry = {
          type: 'stdio',
          cmd: command,
          args,
          enabled: !disabled,
          envs: { K: 'secret' },
        }
        return [name, entry] as const
      })
      const collectionStyle = flow ? ('flow' as const) : ('any' as const)
      const options = { lineWidth, collectionStyle, aliasDuplicateObjects: false }
      const printed = stringifyYaml({ extensions: new Map(servers) }, options)
      expectSame(read(printed, own('goose', 'config.yaml')), [...named.values()])
    }),
  )
})

it('a list of servers is read as it was meant', () => {
  fc.assert(
    fc.property(models, (model) => {
      const named = [...new Map(model.map(wellFormed).map((one) => [one.name, one])).values()]
      const servers = named.map(({ disabled, ...one }) => ({ ...one, enabled: !disabled }))
      const expected = named.map((one, index) => ({
        ...one,
        name: one.name === '' ? `mcpServers #${index + 1}` : one.name,
      }))
      const printed = stringifyYaml({ mcpServers: servers }, { aliasDuplicateObjects: false })
      expectSame(read(printed, own('continue', 'config.yaml')), expected)
    }),
  )
})

it('a command that is a list is read as it was meant', () => {
  fc.assert(
    fc.property(models, fc.boolean(), (model, second) => {
      const servers = Object.fromEntries(
        model.map(({ name, command, args, disabled }) => [
          `s${name}`,
          { type: 'local', command: [command, ...args], enabled: !disabled },
        ]),
      )
      const printed = JSON.stringify({ mcp: second ? { servers, timeout: 5000 } : servers })
      const expected = model.map((one) => ({ ...one, name: `s${one.name}` }))
      expectSame(read(printed, own('opencode', 'opencode.json')), expected)
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
  ['clients/goose.yaml', own('goose', 'config.yaml')],
  ['clients/continue.yaml', own('continue', 'config.yaml')],
  ['clients/opencode.v2.json', own('opencode', 'opencode.json')],
  ['clients/claude-desktop.extension.json', own('claude-desktop', 'manifest.json')],
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
        else expect(parsed.problem.message).toMatch(/^(not|nested|an alias|holds) [a-zA-Z, :]+$/)
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

const files = CLIENTS.flatMap((client) => client.files.map((file) => ({ client, file })))

it('any data in place of servers gives a result', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(), (servers, projects, pick) => {
      read(JSON.stringify({ mcpServers: servers, projects }), own('claude-code', '.claude.json'))
      read(JSON.stringify({ mcpServers: { a: servers } }), own('cursor', 'mcp.json'))
      const { client, file } = files[pick % files.length] ?? expect.fail('no files')
      const single =
        file.single && { bundle: ['server', 'mcp_config'], entry: [] }[file.single.kind]
      const at: KeyPath = single ?? file.servers.at(-1) ?? file.switches?.[0]?.at ?? []
      const data = at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), servers)
      const candidate = { ...own(client.id, file.path), format: 'json' } as const
      if (parseConfig(JSON.stringify(data), candidate).ok) read(JSON.stringify(data), candidate)
    }),
  )
})

/** Every place of a file at which it may say something besides its servers. */
const besides = files.flatMap(({ client, file }) =>
  [
    ...(file.switches ?? []).map(({ at }) => at),
    ...(file.elsewhere === undefined ? [] : [file.elsewhere]),
    ...(file.folders !== undefined && 'at' in file.folders ? [file.folders.at].flat(1) : []),
  ].map((at) => ({ candidate: own(client.id, file.path), at: [at].flat() })),
)

it('any data in place of switches, folders and other files gives a result', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...besides), (value, { candidate, at }) => {
      const data = at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
      const json = { ...candidate, format: 'json' } as const
      if (parseConfig(JSON.stringify(data), json).ok) read(JSON.stringify(data), json)
    }),
  )
})

it('any bundle and any list of patches gives a result', () => {
  const bundle = own('claude-desktop', 'manifest.json')
  const patches = own('dsh', 'cordis.patch.yml')
  const entry = fc.record({ type: fc.constantFrom('node', 'uv', 7), entry_point: fc.jsonValue() })
  const config = fc.record({
    mcp_config: fc.oneof(fc.jsonValue(), fc.record({ args: fc.array(text) })),
  })
  const row = fc.record({ name: fc.constant(patches.patches), config: fc.jsonValue() })
  const insert = fc.oneof(fc.jsonValue(), fc.record({ insert: fc.array(row) }))
  fc.assert(
    fc.property(fc.oneof(entry, config), fc.jsonValue(), (server, user_config) => {
      read(JSON.stringify({ server, user_config }), bundle)
    }),
  )
  fc.assert(
    fc.property(fc.array(insert), (list) => {
      if (parseConfig(JSON.stringify(list), patches).ok) read(JSON.stringify(list), patches)
    }),
  )
})
