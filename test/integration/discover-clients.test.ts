import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDiscoverer } from '../../daemon/discover/discoverer.ts'
import type { Clock, Discoverer } from '../../daemon/ports.ts'
import { namedConfigs } from '../../shared/clients/named-config.ts'
import {
  boxedFiles,
  clientFiles,
  declaresServers,
  type System,
} from '../../shared/clients/paths.ts'
import type { ConfigFile, KeyPath } from '../../shared/clients/row.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Discovery } from '../../shared/model/server.ts'

let root = ''
let home = ''
let discoverer: Discoverer | null = null

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-watch-clients-')))
  home = join(root, 'home')
  mkdirSync(home)
})
afterEach(() => {
  discoverer?.stop()
  discoverer = null
  rmSync(root, { recursive: true, force: true })
})

function create(
  platform: System['platform'] = 'linux',
  clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
): Discoverer {
  discoverer = createDiscoverer({
    ...systemOn(platform),
    packages: { packageOf: () => null },
    digest: (text) => `digest of ${text.length}`,
    clock,
  })
  return discoverer
}

function systemOn(platform: System['platform']): System {
  return { platform, home, root: join(root, 'system'), env: {} }
}

function write(path: string, content: unknown): void {
  const file = path.startsWith('/') ? path : join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
}

/** A file of that kind with one server in it, which runs `command`. */
function sample(
  file: Pick<ConfigFile, 'format' | 'servers' | 'single' | 'patches'>,
  command = 'x',
): string {
  if (file.patches !== undefined)
    return JSON.stringify([{ insert: [{ name: file.patches, config: { command } }] }])
  const path: KeyPath =
    file.single === undefined
      ? [...(file.servers[0] ?? []), 'one']
      : { bundle: ['server', 'mcp_config'], entry: [] }[file.single.kind]
  if (file.format === 'toml')
    return `${path.join('.')} = {command = "${command}"}\n`.replace('*', '"/p"')
  const entry: unknown = { command }
  // JSON is YAML, too.
  return JSON.stringify(
    path.reduceRight((inner, key) => ({ [key === '*' ? '/p' : key]: inner }), entry),
  )
}

const found = ({ servers, diagnostics }: Discovery): unknown => ({
  servers: servers.map(({ client, source }) => `${client} ${source}`).sort(),
  diagnostics,
})

describe('every file of the table', () => {
  it.each(['linux', 'darwin'] as const)('is found at its place on %s', (platform) => {
    const files = [...clientFiles(systemOn(platform)), ...boxedFiles(systemOn(platform))]
    const expected: string[] = []
    for (const { client, file, folder, pattern } of files) {
      if (!declaresServers(file)) continue
      const path = `${folder}/${pattern.replaceAll('*', 'any')}`
      write(path, sample(file, `serve-${expected.length}`))
      expected.push(`${client.id} ${path}`)
    }
    expect(found(create(platform).read())).toEqual({ servers: expected.sort(), diagnostics: [] })
    expect(expected.length).toBeGreaterThan(100)
  })

  it('is found in a project', () => {
    const project = join(root, 'project')
    write('.claude.json', { projects: { [project]: {} } })
    const expected: string[] = []
    for (const client of CLIENTS)
      for (const file of client.projectFiles.filter(declaresServers)) {
        const path = join(project, file.path.replaceAll('*', 'any'))
        write(path, sample(file))
        expected.push(`${client.id} ${path}`)
      }
    expect(found(create().read())).toEqual({ servers: expected.sort(), diagnostics: [] })
  })
})

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

it('reads at once the files that a running client was told of, and keeps them when it has ended', () => {
  const client = CLIENTS.find(({ id }) => id === 'claude-code') ?? expect.fail('no such client')
  const named = join(root, 'somewhere/else.json')
  write(named, { mcpServers: { named: { command: './serve' } } })
  const found = create()
  expect(found.read().servers).toEqual([])
  const file = client.configOptions?.[0]?.files[0] ?? expect.fail('no option')
  const config = { client, path: named, folder: join(root, 'p'), file, pluginDir: null }
  const missing = { ...config, path: join(root, 'none.json'), folder: null }
  const told = found.setWorkingFolders([], [config, missing])
  expect(told?.servers.map(({ name, scope, source }) => [name, scope, source])).toEqual([
    ['named', 'user', named],
  ])
  expect(found.setWorkingFolders([], [config])).toBeNull()
  expect(found.setWorkingFolders([], [])).toBeNull()
  expect(found.read().servers).toHaveLength(1)
})

it('finds files of clients that nobody has told it of, and says nothing of what only looks like one', () => {
  const entry = { command: 'x' }
  write('.some-agent/mcp.json', { mcpServers: { usual: entry } })
  write('.config/Some Editor/User/mcp.json', { servers: { editor: entry } })
  write('.flat/.mcp.json', { $schema: 'https://example.com/x', flat: entry })
  write('.mixed/mcp.json', { alias: entry, note: 'text' })
  write('.deeper/settings/mcp.yaml', 'extensions:\n  deep: { cmd: x }\n')
  write('.config/some/mcp.toml', '[mcp_servers.toml]\ncommand = "x"\n')
  write('.cursor/mcp.json', { mcpServers: { known: entry } })
  write('.other/mcp.json', { servers: { web: { host: 'x' } }, mcp: true })
  write('.broken/mcp.json', '{"mcpServers":')
  const { servers, files, diagnostics } = create().read()
  expect(servers.map(({ client, name }) => `${client} ${name}`)).toEqual([
    'cursor known',
    'unknown usual',
    'unknown editor',
    'unknown deep',
    'unknown toml',
    'unknown flat',
  ])
  expect([files.length, diagnostics]).toEqual([6, []])
})

it('follows such a file as any other once it is found', async () => {
  let now = 0
  const clock = { wallMs: () => Date.now() + 5000, monotonicMs: () => now }
  const found = create('linux', clock)
  const names = (): string[] => found.read().servers.map(({ name }) => name)
  expect(names()).toEqual([])
  write('.some-agent/mcp.json', { mcpServers: { first: { command: 'x' } } })
  expect(names()).toEqual([])
  now = 10_000
  expect(names()).toEqual(['first'])
  now = 11_000
  write('.some-agent/mcp.json', { mcpServers: { second: { command: 'x' } } })
  expect(names()).toEqual(['second'])
})

/** Processor time of one run in milliseconds, the least of some: what else the machine does costs the others. */
function leastCpu(times: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let index = 0; index < times; index += 1) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

it('reads a home with the files of sixty clients in 50 ms', () => {
  const seen = new Set<string>()
  for (const { client, file, folder, pattern } of clientFiles(systemOn('linux'))) {
    if (seen.has(client.id) || pattern.includes('*') || !declaresServers(file)) continue
    seen.add(client.id)
    write(`${folder}/${pattern}`, sample(file))
  }
  expect(seen.size).toBeGreaterThan(60)
  const read = (): number => create().read().files.length
  expect(read()).toBe(seen.size)
  expect(leastCpu(10, read)).toBeLessThan(50)
})

it('looks at thirty projects for less than a look at every place in them would cost', () => {
  const projects = Array.from({ length: 30 }, (_, n) => join(root, `project-${n}`))
  for (const folder of projects) write(join(folder, 'src/main.ts'), '')
  write('.claude.json', { projects: Object.fromEntries(projects.map((folder) => [folder, {}])) })
  const found = create('linux', { wallMs: () => Date.now() + 5000, monotonicMs: () => 0 })
  found.read()
  const places = CLIENTS.flatMap(({ projectFiles }) => projectFiles.map(({ path }) => path))
  const plainly = (): void => {
    for (const folder of projects)
      for (const path of places) statSync(join(folder, path), { throwIfNoEntry: false })
  }
  plainly()
  expect(leastCpu(20, () => found.read())).toBeLessThan(leastCpu(20, plainly) / 2)
})

it('refuses with a sentence what no client could have written', () => {
  write('.codeium/windsurf/mcp_config.json', '{"mcpServers": {}}'.padEnd(20 * 1024 * 1024))
  write('.lmstudio/mcp.json', `{"mcpServers": ${'['.repeat(50_000)}`)
  write('.config/goose/config.yaml', 'extensions: &a\n  more: *a\n')
  write('.continue/config.yaml', `mcpServers: ${'['.repeat(5000)}`)
  write('.codex/config.toml', `a = ${'['.repeat(50_000)}`)
  write('.junie/mcp/mcp.json', '\x7fELF\0\0\0\u0001')
  write('.hermes/config.yaml', '\x89PNG\r\n\u001a\n\0\0\0')
  const { diagnostics } = create().read()
  expect(diagnostics.map(({ client, message }) => `${client}: ${message}`)).toEqual([
    'windsurf: 20 MiB or larger',
    'codex: nested too deeply',
    'lmstudio: nested too deeply',
    'goose: an alias leads into itself',
    'continue: nested too deeply',
    'junie: not a text file',
    'hermes: not a text file',
  ])
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
