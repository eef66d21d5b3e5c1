import { expect, it } from 'vitest'
import { namedConfigs } from '../../../shared/clients/named-config.ts'
import type { Process } from '../../../shared/model/process.ts'

function named(id: string, argv: readonly string[], over: Partial<Process> = {}): string[] {
  const process = { argv, argvForm: 'given', cwd: '/srv/p', ...over } as Process
  return namedConfigs([{ id, process }]).map(({ client, path }) => `${client.id} ${path}`)
}

it.each([
  [
    'claude-code',
    ['claude', '--mcp-config', 'a.json', '/b.json', '-p', 'c.json'],
    ['/srv/p/a.json', '/b.json'],
  ],
  ['claude-code', ['claude', '--mcp-config=./a.json', 'b.json'], ['/srv/p/a.json']],
  ['claude-code', ['claude', '--mcp-config', '{"mcpServers": {}}', ' [1]'], []],
  ['claude-code', ['claude', '-p', '--mcp-configs', 'a.json'], []],
  ['claude-code', ['--mcp-config', 'a.json'], []],
  ['copilot-cli', ['copilot', '--additional-mcp-config', '@/x/a.json'], ['/x/a.json']],
  ['amp', ['amp', '--mcp-config', 'a.json'], ['/srv/p/a.json']],
  ['amp', ['amp', '--settings-file', 'a.json'], ['/srv/p/a.json']],
  ['goose', ['goose', 'run', '--recipe', 'r.yaml', '--no-session'], ['/srv/p/r.yaml']],
  ['kimi', ['kimi', '--mcp-config-file', '/m.json'], ['/m.json']],
  ['auggie', ['auggie', '--mcp-config', '/m.json'], ['/m.json']],
  ['continue', ['cn', '--config', 'c.yaml'], ['/srv/p/c.yaml']],
  ['mcporter', ['mcporter', 'call', '--config', 'c.json'], ['/srv/p/c.json']],
  [
    'vscode',
    ['code', '--user-data-dir=/x', '--type=utility'],
    ['/x/User/mcp.json', '/x/User/settings.json'],
  ],
  ['zed', ['zed', '--user-data-dir', '/x'], ['/x/config/settings.json']],
  [
    'claude-code',
    ['claude', '--plugin-dir', './one'],
    ['/srv/p/one/.mcp.json', '/srv/p/one/.claude-plugin/plugin.json'],
  ],
  ['cursor', ['cursor', '--mcp-config', 'a.json'], []],
  ['nobody', ['x', '--mcp-config', 'a.json'], []],
  ['claude-code', ['claude', '--mcp-config', 'a\0b', 'a\nb', '', '@'], []],
] as const)('%s %j', (id, argv, paths) => {
  expect(named(id, argv)).toEqual(paths.map((path) => `${id} ${path}`))
})

it('believes no command line that was rewritten, and needs the folder for a relative path', () => {
  const argv = ['claude', '--mcp-config', 'a.json', '/b.json']
  expect(named('claude-code', argv, { argvForm: 'rewritten' })).toEqual([])
  expect(named('claude-code', argv, { argvForm: 'joined' })).toEqual([])
  expect(named('claude-code', argv, { cwd: null })).toEqual(['claude-code /b.json'])
})

it('knows the form of what an option names', () => {
  const one = (id: string, argv: readonly string[]): unknown => {
    const process = { argv, argvForm: 'given', cwd: '/srv/p' } as unknown as Process
    const [{ file, pluginDir } = expect.fail('none')] = namedConfigs([{ id, process }])
    return [file.format, file.servers[0], pluginDir]
  }
  const recipe = ['goose', 'run', '--recipe', 'r.yaml']
  expect(one('goose', recipe)).toEqual(['yaml', ['extensions'], null])
  const plugin = ['claude', '--plugin-dir', '/one']
  expect(one('claude-code', plugin)).toEqual(['json', ['mcpServers'], '/one'])
  expect(one('zed', ['zed', '--user-data-dir', '/x'])).toEqual(['json', ['context_servers'], null])
})

it('takes some of very many', () => {
  const argv = ['claude', '--mcp-config', ...Array.from({ length: 1000 }, (_, n) => `/${n}.json`)]
  expect(named('claude-code', argv)).toHaveLength(16)
})
