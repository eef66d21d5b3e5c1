/** Servers that do nothing wrong, each in a way that can look like it, declared by three clients. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { clientCommand, configure, type Entry } from './clients.ts'
import { type Outside, PROJECT } from './lab.ts'
import type { TempHome } from './temp-home.ts'

export const python = findTool('python3')
export const git = findTool('git')

/** Ports on loopback that servers listen on, and that the scene connects to. */
export const LISTENING = { lasting: 7101, closing: 7102, activated: 7103 } as const

/** Addresses that the scene puts beside the lab's own. */
export const NEARBY = {
  database: { host: '10.77.0.5', port: 5432 },
  linkLocal: { host: 'fe80::99', port: 7001 },
  /** Accepts and never says anything. */
  remote: { host: '203.0.113.30', port: 9418 },
} as const

/** A server of test/fixtures/servers/quiet.py. */
export function quiet(...deed: readonly (string | number)[]): Entry {
  const script = join(PROJECT, 'test/fixtures/servers/quiet.py')
  return { command: python ?? 'python3', args: [script, ...deed.map(String)] }
}

type Expectation = 'none' | 'local-only' | 'lan'

/** What each server is held to by the policy file; the others are known, or npx fetches them. */
const HELD_TO: Readonly<Record<string, Expectation>> = {
  cold: 'local-only',
  warm: 'local-only',
  installing: 'local-only',
  'port-zero': 'none',
  aiming: 'local-only',
  resolving: 'none',
  neighbours: 'lan',
  'link-local': 'lan',
  'own-database': 'local-only',
  'near-database': 'lan',
  listening: 'none',
  'listening-once': 'none',
  activated: 'none',
  leaked: 'none',
  passed: 'none',
  handed: 'none',
  'from-code': 'none',
}

export function writePolicy(home: TempHome, heldTo: Readonly<Record<string, Expectation>>): void {
  const servers = Object.entries(heldTo).map(([name, expect]) => ({ match: { name }, expect }))
  home.write('.config/mcp-watch/policy.jsonc', JSON.stringify({ version: 1, servers }))
}

/** Also: `.npmrc`, which names the lab's registry, and a git repository to push from. */
export function declareQuietServers(home: TempHome, { host, registry }: Outside): void {
  home.write('.npmrc', `registry=http://${registry.host}:${registry.port}/\n`)
  writePolicy(home, HELD_TO)
  const npx = (name: string): Entry => ({ command: 'npx', args: ['-y', name] })
  configure(home, 'codex', { cold: npx('quiet-server'), installing: npx('quiet-installer') })
  configure(home, 'cursor', {
    warm: npx('quiet-server'),
    leaked: quiet('nothing', 'leaked'),
    passed: quiet('receive', 'passed'),
    handed: quiet('receive', 'handed'),
    activated: quiet('activated'),
  })
  configure(home, 'claude-code', { 'from-code': quiet('nothing', 'from-code') })
  const { database, linkLocal } = NEARBY
  configure(home, 'claude-desktop', {
    'port-zero': quiet('aim', host, 0),
    aiming: quiet('aim', host, 443),
    resolving: quiet('resolve'),
    neighbours: quiet('mdns'),
    'link-local': quiet('tcp', `${linkLocal.host}%lo`, linkLocal.port),
    'own-database': quiet('tcp', '127.0.0.1', database.port),
    'near-database': quiet('tcp', database.host, database.port),
    listening: quiet('listen', LISTENING.lasting),
    'listening-once': quiet('listen-once', LISTENING.closing),
    pushing: gitServer(home),
    agent: quiet('run', ...claudeCode(home, host)),
  })
}

/** Claude Code, which has a connection of its own. */
export function claudeCode(home: TempHome, host: string): string[] {
  return clientCommand(home, 'claude-code', ['--own', `${host}:443`])
}

/** The package that the built-in list knows as one whose children, such as git, may go anywhere. */
function gitServer(home: TempHome): Entry {
  const folder = home.join('servers/node_modules/@cyanheads/git-mcp-server')
  cpSync(join(PROJECT, 'test/fixtures/packages/quiet-server'), folder, { recursive: true })
  const manifest = { name: '@cyanheads/git-mcp-server', version: '2.0.0', type: 'module' }
  home.write(
    'servers/node_modules/@cyanheads/git-mcp-server/package.json',
    JSON.stringify(manifest),
  )
  const { host, port } = NEARBY.remote
  const push = ['push', `git://${host}:${port}/repository`, 'HEAD:refs/heads/main']
  const repository = ['-C', home.join('repository')]
  return {
    command: 'node',
    args: [join(folder, 'index.mjs'), git ?? 'git', ...repository, ...push],
  }
}
