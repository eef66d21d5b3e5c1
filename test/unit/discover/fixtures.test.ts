import { expect, it } from 'vitest'
import { workspaceCandidate } from '../../../daemon/discover/candidate.ts'
import type { ArgPattern, Server } from '../../../shared/model/server.ts'
import { digest, fixture, HOME, inProject, own, read } from './setting.ts'

const literal = (value: string): ArgPattern => ({ kind: 'literal', value })
const glob = (...parts: string[]): ArgPattern => ({ kind: 'glob', parts })
const hidden = (text: string): ArgPattern => ({ kind: 'digest', digest: digest(text) })

function servers(name: string, candidate: Parameters<typeof read>[1]): Record<string, Server> {
  const { servers: drafts } = read(fixture(name), candidate)
  return Object.fromEntries(drafts.map(({ server }) => [server.name, server]))
}

it('reads Claude Desktop', () => {
  const found = servers('claude-desktop.json', own('claude-desktop', '_config.json'))
  expect(found['filesystem']).toMatchObject({ transport: 'stdio', scope: 'user', disabled: false })
  expect(found['filesystem']?.launch).toEqual({
    command: literal('npx'),
    args: ['-y', '@modelcontextprotocol/server-filesystem', '/srv/documents'].map(literal),
    cwd: null,
    script: null,
  })
  expect(found['database']?.launch?.args[2]).toEqual(
    hidden('postgresql://reader:FIXTURE-SECRET-1@db.example/main'),
  )
})

it('reads Claude Code: user, local, switches and folders', () => {
  const config = read(fixture('claude-code.json'), own('claude-code', '.claude.json'))
  expect(config.servers.map(({ server }) => [server.name, server.scope])).toEqual([
    ['memory', 'user'],
    ['tracker', 'user'],
    ['local', 'project:/srv/project-a'],
  ])
  expect(config.servers[1]?.server.endpoint).toEqual({
    scheme: 'https',
    host: 'mcp.example.com',
    port: 8443,
  })
  expect(config.servers[2]?.scriptPaths[0]).toBe('/srv/project-a/tools/server.js')
  expect(config.servers[2]?.server.launch?.args.at(-1)).toEqual(hidden('FIXTURE-SECRET-7'))
  expect(config.folders).toEqual(['/srv/project-a', '/srv/project-b'])
  expect(config.switchedOff).toEqual([
    ['project:/srv/project-a', 'local'],
    ['project:/srv/project-a', 'shared-off'],
  ])
})

it('reads the .mcp.json of a project and a managed file', () => {
  const found = servers('claude-code-project.json', inProject('claude-code', '/srv/p'))
  expect(found['shared']?.launch).toEqual({
    command: literal('/srv/p/bin/serve'),
    args: [literal('--level'), glob('', ''), glob('--key=', '')],
    cwd: null,
    script: null,
  })
  const company = servers('claude-code-managed.json', own('claude-code', 'managed-mcp.json'))
  expect(company['company']).toMatchObject({ transport: 'sse', scope: 'managed', launch: null })
})

it('reads Cursor with a byte order mark, comments, trailing commas, null args and numbers in env', () => {
  const config = read(fixture('cursor.json'), own('cursor', 'mcp.json'))
  expect(config.servers.map(({ server }) => server.name)).toEqual(['notes', 'remote'])
  expect(config.servers[0]?.server.launch).toMatchObject({
    command: literal('npx'),
    args: [literal('-y'), literal('notes-mcp')],
  })
  expect(config.problems).toEqual([
    {
      message: 'a server entry has neither a command nor a url',
      position: { line: 10, column: 5 },
    },
  ])
})

it('reads VS Code, its settings of old and its workspaces', () => {
  const found = servers('vscode.json', own('vscode', 'Code/User/mcp.json'))
  expect(found['build']?.launch).toMatchObject({
    args: [
      glob('', '/server.js'),
      literal('--api-key'),
      glob('', ''),
      literal(`--root=${HOME}/data`),
    ],
    cwd: `${HOME}/work`,
  })
  expect(found['socket']).toMatchObject({ transport: 'http', endpoint: null })
  expect(found['container']?.launch?.args.slice(3)).toEqual([
    literal('-e'),
    hidden('TOKEN=FIXTURE-SECRET-10'),
    literal('mcp/fetch'),
  ])
  const old = servers('vscode-settings.json', own('vscode', 'Code/User/settings.json'))
  expect(Object.keys(old)).toEqual(['legacy', 'dotted'])
  const client = own('vscode', 'mcp.json').client
  const workspace = read(
    fixture('vscode-workspace.json'),
    workspaceCandidate(client, '/srv/w/x.code-workspace'),
  )
  expect(workspace.folders).toEqual(['/srv/w', '/srv/other'])
  expect(workspace.servers[0]?.server.scope).toBe('project:/srv/w')
})

it('reads Codex', () => {
  const config = read(fixture('codex.toml'), own('codex', 'config.toml'))
  const [fetch, dotted, remote] = config.servers.map(({ server }) => server)
  expect(fetch?.launch?.args).toEqual([literal('mcp-server-fetch')])
  expect(dotted).toMatchObject({ name: 'a.b', disabled: true })
  expect(dotted?.launch).toMatchObject({
    args: [literal('server.py'), hidden('--password=FIXTURE-SECRET-12')],
    cwd: '/srv/python',
  })
  expect(config.servers[1]?.scriptPaths[0]).toBe('/srv/python/server.py')
  expect(remote).toMatchObject({ transport: 'http', endpoint: { host: 'example.net', port: 443 } })
  expect(config.problems[0]?.position).toEqual({ line: 23, column: 1 })
  expect(config.folders).toEqual(['/srv/project-a'])
})

it('keeps none of the secrets that the samples hold', () => {
  const all = [
    read(fixture('claude-desktop.json'), own('claude-desktop', '_config.json')),
    read(fixture('claude-code.json'), own('claude-code', '.claude.json')),
    read(fixture('cursor.json'), own('cursor', 'mcp.json')),
    read(fixture('vscode.json'), own('vscode', 'Code/User/mcp.json')),
    read(fixture('codex.toml'), own('codex', 'config.toml')),
  ]
  expect(JSON.stringify(all)).not.toContain('FIXTURE-SECRET')
})
