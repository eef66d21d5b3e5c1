// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what manifests hold
/** Bundles, plugins' manifests, and files that name other files. */
import { describe, expect, it } from 'vitest'
import type { ArgPattern } from '../../../shared/model/server.ts'
import { HOME, own, read } from './setting.ts'

const shown = (pattern: ArgPattern | undefined): string =>
  pattern === undefined ? '' : pattern.kind === 'glob' ? pattern.parts.join('*') : pattern.kind
const words = (manifest: unknown): string[] => {
  const { servers } = read(JSON.stringify(manifest), own('claude-desktop', 'manifest.json'))
  return servers.flatMap(({ server: { launch } }) =>
    [launch?.command, ...(launch?.args ?? [])].map((word) =>
      word?.kind === 'literal' ? word.value : shown(word),
    ),
  )
}
const FOLDER = `${HOME}/Claude/Claude Extensions/p`

describe('a bundle', () => {
  it.each([
    ['node', ['node', `${FOLDER}/server/main`]],
    ['python', ['python', `${FOLDER}/server/main`]],
    ['binary', [`${FOLDER}/server/main`]],
    ['uv', ['uv', 'run', '--directory', FOLDER, 'server/main']],
    ['other', []],
  ])('without a command is run by its type: %s', (type, expected) => {
    expect(words({ server: { type, entry_point: 'server/main' } })).toEqual(expected)
  })

  it('may be given any number of folders', () => {
    const server = {
      mcp_config: { command: 'x', args: ['-v', '${user_config.dirs}', '${user_config.key}'] },
    }
    const user_config = { dirs: { type: 'directory', multiple: true }, key: { sensitive: true } }
    expect(words({ server, user_config })).toEqual(['x', '-v', '*'])
    expect(words({ server })).toEqual(['x', '-v', '*', '*'])
  })

  it.each([
    [{}],
    [{ server: 7 }],
    [{ server: { mcp_config: 'x' } }],
    [{ server: { type: 'node' } }],
  ])('that declares nothing: %j', (manifest) => expect(words(manifest)).toEqual([]))
})

describe('a file that names others', () => {
  const plugin = own('codex', '.codex-plugin/plugin.json')
  const others = (value: unknown): readonly string[] =>
    read(JSON.stringify({ mcpServers: value }), plugin).others

  it('within its plugin', () => {
    const folder = plugin.pluginDir ?? expect.fail('no plugin')
    expect(folder).toBe(`${HOME}/plugins/cache/p/p/p`)
    expect(others('./servers.json')).toEqual([`${folder}/servers.json`])
    expect(others(['a.json', { x: 1 }, 7, 'b/../c.json'])).toEqual([
      `${folder}/a.json`,
      `${folder}/c.json`,
    ])
  })

  it.each([
    ['../../other/x.json'],
    ['/etc/passwd'],
    ['~/x.json'],
    ['..'],
    [''],
    ['a\0b'],
    [null],
    [7],
  ])('and not outside: %j', (value) => expect(others(value)).toEqual([]))

  it('has no servers in the names, and some beside them', () => {
    const text = JSON.stringify({ mcpServers: ['./x.json', { name: 'inline', command: 'x' }] })
    const { servers, problems } = read(text, plugin)
    expect([servers.map(({ server }) => server.name), problems]).toEqual([['inline'], []])
    expect(read('{"mcpServers": "./x.json"}', plugin).problems).toEqual([])
  })

  it('anywhere, where it is the user’s own', () => {
    const rovo = own('rovodev', 'config.yml')
    const text = 'mcp:\n  mcpConfigPath: ~/team/mcp.json\n  disabledMcpServers: [a]\n'
    const { others: found, switchedOff } = read(text, rovo)
    expect([found, switchedOff]).toEqual([[`${HOME}/team/mcp.json`], [[null, 'a']]])
  })
})

describe('folders', () => {
  it.each([
    [
      'antigravity',
      'projects/*.json',
      {
        projectResources: {
          resources: [{ folderUri: 'file:///srv/a%20b' }, { folderUri: 7 }, null],
        },
      },
      ['/srv/a b'],
    ],
    [
      'copilot-cli',
      'config.json',
      { trustedFolders: ['/srv/a', 'x', 7], trusted_folders: ['/srv/b/'] },
      ['/srv/a', '/srv/b'],
    ],
    ['gemini', 'trustedFolders.json', { '/srv/a': 'TRUST_FOLDER', x: 1 }, ['/srv/a']],
  ])('of %s', (client, path, data, expected) => {
    expect(read(JSON.stringify(data), own(client, path)).folders).toEqual(expected)
  })
})

it('leaves open what a patch has as a program', () => {
  const text = [
    '- insert:',
    '  - name: "@deepseek-ai/dsh-mcp-client"',
    '    config: { serverName: a, command: node, args: [!!js "process.cwd()", --safe] }',
    '- 7',
    '- insert: text',
  ].join('\n')
  const { servers } = read(text, own('dsh', 'cordis.patch.yml'))
  expect(servers.map(({ server }) => server.launch?.args)).toEqual([
    [
      { kind: 'glob', parts: ['', ''] },
      { kind: 'literal', value: '--safe' },
    ],
  ])
})
