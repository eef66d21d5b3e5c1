/**
 * Each sample declares servers of the same names as its client would write them: `files` starts a public server, `remote`
 * has a URL, `off` is switched off. So a new client needs a row and a sample, and no line here.
 */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import type { Config } from '../../../daemon/discover/read-config.ts'
import { declaresServers } from '../../../shared/clients/paths.ts'
import { CLIENTS } from '../../../shared/clients/table.ts'
import type { ArgPattern, Server } from '../../../shared/model/server.ts'
import { fixture, HOME, inProject, own, read } from './setting.ts'

const FOLDER = join(import.meta.dirname, '../../fixtures/configs')
const samples = readdirSync(join(FOLDER, 'clients'))

/** Samples of a second form, by the end of the path of the file they are for. */
const FORMS: Readonly<Record<string, string>> = {
  'claude-code.plugin.json': 'plugin',
  'claude-desktop.extension.json': 'manifest.json',
  'continue.legacy.json': 'config.json',
  'gemini.extension.json': 'gemini-extension.json',
  'opencode.v2.json': 'opencode.json',
  'zed.extension.toml': 'extension.toml',
}
/** Servers of other names, as `transport name`; nothing else may be found. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'claude-code.plugin.json': ['stdio bundled'],
  'claude-desktop.extension.json': ['stdio files-extension'],
  'cline.json': ['sse remote sse'],
  'continue.legacy.json': ['stdio modelContextProtocolServers #1'],
  'continue.yaml': ['stdio same args'],
  'copilot-cli.json': ['sse remote sse'],
  'docker-toolkit.yaml': ['stdio fetch', 'stdio brave'],
  'gemini.extension.json': ['stdio bundled'],
  'gemini.json': ['sse remote sse'],
  'kiro.json': ['stdio from a power'],
  'openhands.toml': ['http shttp_servers #1', 'http sse_servers #1'],
  'toolhive.json': ['stdio fetch'],
  'zed.extension.toml': ['stdio mcp-server-github'],
  'zed.json': ['stdio old form'],
}

const literal = (value: string): ArgPattern => ({ kind: 'literal', value })
const FILES = {
  command: literal('npx'),
  args: ['-y', '@modelcontextprotocol/server-filesystem', '/srv/documents'].map(literal),
}

function candidateFor(sample: string): Candidate {
  const id = sample.split('.')[0] ?? ''
  const form = FORMS[sample]
  if (form === 'plugin') return pluginFile(id)
  if (form !== undefined) return own(id, form)
  const format = { json: 'json', jsonc: 'json', toml: 'toml', yaml: 'yaml', sh: 'shell' }[
    sample.split('.').at(-1) ?? ''
  ]
  const client = CLIENTS.find((row) => row.id === id)
  const fits = (file: Parameters<typeof declaresServers>[0] & { format: string }): boolean =>
    declaresServers(file) && file.format === format
  const mine = client?.files.find(fits)
  if (mine !== undefined) return own(id, mine.path)
  return inProject(id, '/srv/p', client?.projectFiles.find(fits)?.path)
}

function pluginFile(id: string): Candidate {
  const file = CLIENTS.find((row) => row.id === id)?.pluginFiles?.[0]
  if (file === undefined) throw new Error(`${id} has no plugins`)
  const base = own(id, 'installed_plugins.json')
  return { ...base, ...file, scope: 'plugin:demo@market', pluginDir: '/srv/plugin' }
}

function serverNamed(config: Config, name: string): Server | undefined {
  return config.servers.find(({ server }) => server.name === name)?.server
}

describe('every client', () => {
  it('has a sample', () => {
    const have = new Set([...samples, ...readdirSync(FOLDER)].map((name) => name.split('.')[0]))
    // They are VS Code under another name.
    const asVscode = ['vscode-insiders', 'code-oss', 'vscodium']
    const missing = CLIENTS.map(({ id }) => id).filter((id) => !have.has(id))
    expect(missing).toEqual(asVscode)
    const ids = new Set(CLIENTS.map(({ id }) => id))
    expect(samples.filter((name) => !ids.has(name.split('.')[0] ?? ''))).toEqual([])
  })

  it.each(samples)('%s', (sample) => {
    const config = read(fixture(join('clients', sample)), candidateFor(sample))
    expect(config.problems).toEqual([])
    expect(JSON.stringify(config)).not.toContain('FIXTURE-SECRET')
    const files = serverNamed(config, 'files')
    if (files !== undefined) expect([files.launch, files.disabled]).toMatchObject([FILES, false])
    const remote = serverNamed(config, 'remote')
    if (remote !== undefined) {
      expect([remote.transport, remote.disabled]).toEqual(['http', false])
      expect(remote.endpoint).toEqual({ scheme: 'https', host: 'mcp.example.com', port: 8443 })
    }
    const off = serverNamed(config, 'off')
    const switched = config.switchedOff.some(([, name]) => name === 'off')
    if (off !== undefined)
      expect([off.launch, off.disabled || switched]).toMatchObject([FILES, true])
    const others = config.servers
      .map(({ server }) => server)
      .filter(({ name }) => !['files', 'remote', 'off'].includes(name))
      .map(({ transport, name }) => `${transport} ${name}`)
    expect(others).toEqual(MORE[sample] ?? [])
    expect(config.servers.length).toBeGreaterThan(0)
  })
})

it('finds in a remote server without a type what its client takes a URL for', () => {
  const transport = (text: string, candidate: Candidate): unknown =>
    read(text, candidate).servers[0]?.server.transport
  const text = '{"mcpServers": {"a": {"url": "http://localhost:1"}}}'
  expect(transport(text, own('cline', 'mcp_settings.json'))).toBe('sse')
  expect(transport(text, own('gemini', '.gemini/settings.json'))).toBe('sse')
  expect(transport(text, own('windsurf', 'mcp_config.json'))).toBe('http')
})

it('fills in the folder of what a plugin or an extension brought, and leaves the user’s values open', () => {
  const plugin = read(fixture('clients/claude-code.plugin.json'), pluginFile('claude-code'))
  expect(serverNamed(plugin, 'bundled')?.launch).toMatchObject({
    command: literal('/srv/plugin/bin/serve'),
    args: [literal('--data'), { kind: 'glob', parts: ['', ''] }],
  })
  const gemini = own('gemini', 'gemini-extension.json')
  expect([gemini.scope, gemini.pluginDir]).toEqual(['plugin:p', `${HOME}/.gemini/extensions/p`])
  const extension = read(fixture('clients/gemini.extension.json'), gemini)
  expect(extension.servers[1]?.scriptPaths[0]).toBe(`${HOME}/.gemini/extensions/p/dist/server.js`)
})

it('reads the manifest of a Claude Desktop extension, for the system it runs on', () => {
  const candidate = own('claude-desktop', 'manifest.json')
  const text = fixture('clients/claude-desktop.extension.json')
  const folder = basename(candidate.pluginDir ?? '')
  const linux = read(text, candidate).servers[0]
  expect([folder, linux?.server.scope]).toEqual(['p', 'plugin:p'])
  expect(linux?.server.launch).toMatchObject({
    command: literal('node'),
    args: [literal(`${candidate.pluginDir}/server/index.js`), { kind: 'glob', parts: ['', ''] }],
  })
  const mac = read(text, candidate, { platform: 'darwin' }).servers[0]
  expect(mac?.server.launch?.command).toEqual(literal('/opt/node'))
  const off = read(
    '{"isEnabled": false, "userConfig": {"key": "x"}}',
    own('claude-desktop', 'Settings/*.json'),
  )
  expect(off.switchedOff).toEqual([['plugin:p', null]])
})

it('reads both generations of opencode, whatever a server is called', () => {
  const candidate = own('opencode', 'opencode.json')
  const names = (mcp: unknown): string[] =>
    read(JSON.stringify({ mcp }), candidate).servers.map(({ server }) => server.name)
  const entry = { type: 'local', command: ['x'] }
  expect(names({ servers: entry, other: entry })).toEqual(['servers', 'other'])
  expect(names({ servers: { a: entry }, timeout: 5 })).toEqual(['a'])
  expect(names({ servers: { command: entry }, b: entry })).toEqual(['b', 'command'])
})
