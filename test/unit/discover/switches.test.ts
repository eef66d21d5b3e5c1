import { describe, expect, it } from 'vitest'
import { isLeftOut } from '../../../daemon/discover/switches.ts'
import type { Server } from '../../../shared/model/server.ts'
import { inProject, own, read } from './setting.ts'

const stdio = { name: 'a', transport: 'stdio', scope: 'user' } as Server
const remote = { name: 'r', transport: 'http', scope: 'user' } as Server

/** Which of two servers of the client the lists of that file leave out. */
function leftOut(text: string, candidate: Parameters<typeof read>[1]): string[] {
  const { only } = read(text, candidate)
  return [stdio, remote]
    .filter((server) => only.some((list) => isLeftOut(list, server)))
    .map(({ name }) => name)
}

describe('lists of servers that alone are on', () => {
  const gemini = own('gemini', '.gemini/settings.json')
  const managed = own('claude-code', 'managed-settings.json')
  const codex = own('codex', 'requirements.toml')
  it.each([
    ['names', '{"mcp": {"allowed": ["a"]}}', gemini, ['r']],
    ['no names at all', '{"mcp": {"allowed": []}}', gemini, []],
    ['no list', '{"mcp": {"allowed": "a"}}', gemini, []],
    ['objects', '{"allowedMcpServers": [{"serverName": "r"}]}', managed, ['a']],
    ['an empty list', '{"allowedMcpServers": []}', managed, ['a', 'r']],
    ['commands', '{"allowedMcpServers": [{"serverCommand": ["x"]}]}', managed, ['r']],
    ['addresses', '{"allowedMcpServers": [{"serverUrl": "https://x"}]}', managed, ['a']],
    ['hostile members', '{"allowedMcpServers": [null, 7, {}, [1]]}', managed, ['a', 'r']],
    ['a map', '[mcp_servers.a.identity]\ncommand = "x"\n', codex, ['r']],
    ['nothing', '', codex, []],
  ] as const)('%s', (_, text, candidate, names) => {
    expect(leftOut(text, candidate)).toEqual(names)
  })

  it('count in a project for that project', () => {
    const candidate = inProject('gemini', '/srv/p', 'settings.json')
    const [list] = read('{"mcp": {"allowed": ["b"]}}', candidate).only
    expect(list && isLeftOut(list, stdio)).toBe(false)
    expect(list && isLeftOut(list, { ...stdio, scope: 'project:/srv/p' })).toBe(true)
  })
})

describe('lists of servers that are off', () => {
  const off = (text: string, candidate: Parameters<typeof read>[1]): unknown =>
    read(text, candidate).switchedOff

  it('count for all of a client, or for a project', () => {
    const text = '{"mcp": {"excluded": ["a", 7]}}'
    expect(off(text, own('gemini', '.gemini/settings.json'))).toEqual([[null, 'a']])
    expect(off(text, inProject('gemini', '/srv/p', 'settings.json'))).toEqual([
      ['project:/srv/p', 'a'],
    ])
    const denied = '{"deniedMcpServers": [{"serverName": "a"}, {"serverCommand": ["x"]}]}'
    expect(off(denied, own('claude-code', 'managed-settings.json'))).toEqual([[null, 'a']])
  })

  it.each([
    ['zed', 'zed/settings.json', { context_servers: { a: { enabled: false, settings: {} } } }],
    ['opencode', 'opencode.json', { mcp: { a: { enabled: false } } }],
    ['opencode', 'opencode.json', { mcp: { servers: { a: { disabled: true } } } }],
    ['witsy', 'settings.json', { mcp: { mcpServersExtra: { a: { state: 'disabled' } } } }],
  ])('are members that only say so: %s %s %j', (client, path, data) => {
    const { switchedOff, servers, problems } = read(JSON.stringify(data), own(client, path))
    expect([switchedOff, servers, problems]).toEqual([[[null, 'a']], [], []])
  })

  it('an entry that is off itself says nothing of others', () => {
    const text =
      '{"context_servers": {"a": {"command": "x", "enabled": false}, "b": {"settings": {}}}}'
    expect(off(text, own('zed', 'zed/settings.json'))).toEqual([])
  })
})
