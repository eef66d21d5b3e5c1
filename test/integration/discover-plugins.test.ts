/** What plugins and extensions bring, and what one file of a client says of servers that another declares. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Discoverer } from '../../daemon/ports.ts'
import { namedConfigs } from '../../shared/clients/named-config.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
import type { Process } from '../../shared/model/process.ts'
import { type DiscoverHome, discoverHome } from '../helpers/discover-home.ts'

let place: DiscoverHome | null = null
let root = ''
let home = ''

beforeEach(() => {
  place = discoverHome()
  ;({ root, home } = place)
})
afterEach(() => {
  place?.remove()
  place = null
})

const create = (platform?: 'linux' | 'darwin'): Discoverer =>
  place?.discoverer(platform) ?? expect.fail('no home')
const write = (path: string, content: unknown): void => place?.write(path, content)

it('reads plugins where they are installed, and what switches them off', () => {
  const at = join(root, 'plugins')
  const installed = {
    'first@market': [{ scope: 'user', installPath: join(at, 'first') }],
    'second@market': { installPath: join(at, 'second') },
    'gone@market': { installPath: join(at, 'gone') },
  }
  write('.claude/plugins/installed_plugins.json', { version: 2, plugins: installed })
  write('.claude/settings.json', {
    enabledPlugins: { 'second@market': false, 'first@market': true },
  })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what people write there
  const server = { command: '${CLAUDE_PLUGIN_ROOT}/serve' }
  write(join(at, 'first/.mcp.json'), { flat: server })
  write(join(at, 'second/.claude-plugin/plugin.json'), { name: 'x', mcpServers: { named: server } })
  const { servers, diagnostics } = create().read()
  expect(diagnostics).toEqual([])
  expect(
    servers.map(({ name, scope, disabled, launch }) => [name, scope, disabled, launch?.command]),
  ).toEqual([
    ['flat', 'plugin:first@market', false, { kind: 'literal', value: join(at, 'first/serve') }],
    ['named', 'plugin:second@market', true, { kind: 'literal', value: join(at, 'second/serve') }],
  ])
})

it('knows what a project’s settings switch off', () => {
  const project = join(root, 'project')
  write('.claude.json', { projects: { [project]: {} } })
  write(join(project, '.mcp.json'), { mcpServers: { a: { command: 'x' }, b: { command: 'x' } } })
  write(join(project, '.claude/settings.local.json'), { disabledMcpjsonServers: ['b'] })
  const { servers, files } = create().read()
  expect(servers.map(({ name, disabled }) => [name, disabled])).toEqual([
    ['a', false],
    ['b', true],
  ])
  expect(files.map(({ file }) => file)).not.toContain(join(project, '.claude/settings.local.json'))
})

it('knows a Claude Desktop extension that is switched off', () => {
  const data = 'Library/Application Support/Claude'
  const manifest = { name: 'files', server: { mcp_config: { command: 'node', args: ['x.js'] } } }
  for (const id of ['one', 'two']) write(`${data}/Claude Extensions/${id}/manifest.json`, manifest)
  write(`${data}/Claude Extensions Settings/two.json`, {
    isEnabled: false,
    userConfig: { key: 'hunter2' },
  })
  const discovery = create('darwin').read()
  expect(discovery.servers.map(({ scope, disabled }) => [scope, disabled])).toEqual([
    ['plugin:one', false],
    ['plugin:two', true],
  ])
  expect(JSON.stringify(discovery)).not.toContain('hunter2')
})

it('reads the files that a plugin’s manifest names, and nothing outside of the plugin', () => {
  const at = '.codex/plugins/cache/market/tool/1.0'
  write(`${at}/.codex-plugin/plugin.json`, { mcpServers: ['./conf/servers.json', '../../x.json'] })
  write(`${at}/conf/servers.json`, { wrapped: { command: './serve' } })
  write('.codex/plugins/cache/market/x.json', { outside: { command: 'x' } })
  const { servers, diagnostics } = create().read()
  expect(servers.map(({ name, scope, source }) => [name, scope, source])).toEqual([
    ['wrapped', 'plugin:market/tool/1.0', join(home, at, 'conf/servers.json')],
  ])
  expect(diagnostics).toEqual([])
})

it('lists once what a cache holds in two versions, or what was taken over from it', () => {
  const entry = { command: 'npx', args: ['-y', 'x'] }
  for (const version of ['1.0', '1.1'])
    write(`.codex/plugins/cache/market/tool/${version}/.mcp.json`, { tool: entry })
  write('.kiro/powers/installed/web/mcp.json', { mcpServers: { web: entry } })
  write('.kiro/settings/mcp.json', { powers: { mcpServers: { 'power-web-web': entry } } })
  write('.cursor/plugins/local/one/mcp.json', { mine: entry })
  write('.cursor/plugins/local/two/mcp.json', { mine: { ...entry, args: ['other'] } })
  expect(
    create()
      .read()
      .servers.map(({ client, name }) => `${client} ${name}`),
  ).toEqual(['cursor mine', 'cursor mine', 'kiro power-web-web', 'codex tool'])
})

it('reads the folder of a plugin that a running client was given', () => {
  const client = CLIENTS.find(({ id }) => id === 'claude-code') ?? expect.fail('no such client')
  const at = join(root, 'mine')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what people write there
  write(join(at, '.mcp.json'), { mine: { command: '${CLAUDE_PLUGIN_ROOT}/serve' } })
  write(join(at, '.claude-plugin/plugin.json'), { mcpServers: './more.json' })
  write(join(at, 'more.json'), { mcpServers: { more: { command: 'x' } } })
  const process = { argv: ['claude', '--plugin-dir', at], argvForm: 'given', cwd: root }
  const configs = namedConfigs([{ id: client.id, process: process as unknown as Process }])
  const told = create().setWorkingFolders([], configs)
  expect(told?.servers.map(({ name, launch }) => [name, launch?.command])).toEqual([
    ['mine', { kind: 'literal', value: join(at, 'serve') }],
    ['more', { kind: 'literal', value: 'x' }],
  ])
})

it('has one list decide on servers that other files declare', () => {
  const entry = { command: 'x' }
  const project = join(root, 'project')
  write('.gemini/trustedFolders.json', { [project]: 'TRUST_FOLDER' })
  write('.gemini/settings.json', { mcp: { allowed: ['a', 'b'], excluded: ['b'] } })
  write(join(project, '.gemini/settings.json'), { mcpServers: { a: entry, b: entry, c: entry } })
  write('.gemini/extensions/e/gemini-extension.json', { mcpServers: { d: entry } })
  write('.qwen/settings.json', { mcpServers: { other: entry } })
  write(join(root, 'system/etc/claude-code/managed-settings.json'), {
    deniedMcpServers: [{ serverName: 'no' }],
  })
  write('.claude.json', { mcpServers: { no: entry, yes: entry } })
  const { servers } = create().read()
  const off = servers.filter(({ disabled }) => disabled).map(({ name }) => name)
  expect([off, servers.length]).toEqual([['no', 'd', 'b', 'c'], 7])
})

it('finds projects that Antigravity and Copilot know', () => {
  const entry = { mcpServers: { x: { command: 'x' } } }
  const [one, two] = [join(root, 'one'), join(root, 'two')]
  write('.gemini/config/projects/1.json', {
    projectResources: { resources: [{ folderUri: `file://${one}` }] },
  })
  write('.copilot/config.json', { trustedFolders: [two] })
  write(join(one, '.agents/mcp_config.json'), entry)
  write(join(two, '.github/mcp.json'), entry)
  expect(
    create()
      .read()
      .servers.map(({ client }) => client),
  ).toEqual(['antigravity', 'copilot-cli'])
})

it('knows a Zed extension’s server that the settings switch off, in flatpak’s box too', () => {
  const manifest = (id: string): string => `id = "x"\n\n[context_servers.${id}]\n`
  const box = '.var/app/dev.zed.Zed'
  write('.local/share/zed/extensions/installed/one/extension.toml', manifest('on'))
  write('.local/share/zed/extensions/installed/two/extension.toml', manifest('off'))
  write('.local/share/zed/extensions/installed/theme/extension.toml', 'id = "theme"\n')
  write(`${box}/data/zed/extensions/installed/boxed/extension.toml`, manifest('boxed'))
  write('.config/zed/settings.json', { context_servers: { off: { enabled: false, settings: {} } } })
  const { servers, diagnostics } = create().read()
  expect(servers.map(({ name, scope, disabled }) => [name, scope, disabled])).toEqual([
    ['on', 'plugin:one', false],
    ['off', 'plugin:two', true],
    ['boxed', 'plugin:dev.zed.Zed/boxed', false],
  ])
  expect(diagnostics).toEqual([])
})
