import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDiscoverer, type DiscovererOptions } from '../../daemon/discover/discoverer.ts'
import type { Discoverer } from '../../daemon/ports.ts'
import type { Discovery } from '../../shared/model/server.ts'
import { waitFor } from '../helpers/wait-for.ts'

const isRoot = process.getuid?.() === 0
/** As promised to the user. */
const NOTICED_WITHIN_MS = 2000

let root = ''
let home = ''
let discoverer: Discoverer | null = null

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-watch-discover-')))
  home = join(root, 'home')
  mkdirSync(home)
})
afterEach(() => {
  discoverer?.stop()
  discoverer = null
  rmSync(root, { recursive: true, force: true })
})

function create(over: Partial<DiscovererOptions> = {}): Discoverer {
  discoverer = createDiscoverer({
    platform: 'linux',
    home,
    root: join(root, 'system'),
    env: {},
    packages: { packageOf: () => null },
    digest: (text) => `digest of ${text.length}`,
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    ...over,
  })
  return discoverer
}

function write(path: string, content: unknown): string {
  const file = path.startsWith('/') ? path : join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** As careful programs save: a new file renamed over the old one. */
function replace(path: string, content: unknown): void {
  renameSync(write(`${path}.new`, content), join(home, path))
}

const one = (name: string, command = 'npx'): object => ({ mcpServers: { [name]: { command } } })
const names = (discovery: Discovery): string[] => discovery.servers.map(({ name }) => name)

/** Watches and gives the latest discovery. */
function watching(): { latest: () => Discovery; told: () => number } {
  const found = discoverer ?? create()
  let latest = found.read()
  let told = 0
  found.watch((discovery) => {
    latest = discovery
    told += 1
  })
  return { latest: () => latest, told: () => told }
}

async function noticed(condition: () => boolean, what: string): Promise<void> {
  await waitFor(condition, { what, deadlineMs: NOTICED_WITHIN_MS })
}

it('finds the files of every client, projects included', () => {
  const project = join(root, 'project')
  const other = join(root, 'other')
  write('.claude.json', { ...one('user'), projects: { [project]: one('local') } })
  write(join(project, '.mcp.json'), one('shared'))
  write('.config/Claude/claude_desktop_config.json', one('desktop'))
  write('.cursor/mcp.json', one('cursor'))
  write('.config/Cursor/User/workspaceStorage/1/workspace.json', { folder: `file://${other}` })
  write(join(other, '.cursor/mcp.json'), one('cursor project'))
  write('.config/Code/User/mcp.json', { servers: { code: { command: 'x' } } })
  write('.config/Code/User/profiles/ab12/mcp.json', { servers: { profile: { command: 'x' } } })
  const workspace = write(join(root, 'w.code-workspace'), {
    folders: [{ path: 'third' }],
    settings: { mcp: { servers: { workspace: { command: 'x' } } } },
  })
  write('.config/Code/User/workspaceStorage/2/workspace.json', { workspace: `file://${workspace}` })
  write(join(root, 'third/.vscode/mcp.json'), { servers: { third: { command: 'x' } } })
  write(join(root, 'system/etc/claude-code/managed-mcp.json'), one('managed'))
  write('.codex/config.toml', '[mcp_servers.codex]\ncommand = "x"\n')
  write('.codex/work.config.toml', '[mcp_servers."codex profile"]\ncommand = "x"\n')
  const { servers, diagnostics } = create().read()
  expect(servers.map(({ client, name, scope }) => `${client}|${name}|${scope}`).sort()).toEqual(
    [
      'claude-code|local|project:PROJECT',
      'claude-code|managed|managed',
      'claude-code|shared|project:PROJECT',
      'claude-code|user|user',
      'claude-desktop|desktop|user',
      'codex|codex profile|profile:work',
      'codex|codex|user',
      'cursor|cursor project|project:OTHER',
      'cursor|cursor|user',
      'vscode|code|user',
      'vscode|profile|profile:ab12',
      'vscode|third|project:ROOT/third',
      'vscode|workspace|project:ROOT',
    ].map((line) => line.replace('PROJECT', project).replace('OTHER', other).replace('ROOT', root)),
  )
  expect(diagnostics).toEqual([])
  expect(new Set(servers.map(({ id }) => id)).size).toBe(servers.length)
})

it('finds the projects of running clients, up to the repository', () => {
  mkdirSync(join(root, 'repo/.git'), { recursive: true })
  mkdirSync(join(root, 'repo/src/deep'), { recursive: true })
  write(join(root, '.mcp.json'), one('above the repository'))
  write(join(root, 'repo/.mcp.json'), one('repository'))
  const found = create()
  found.setWorkingFolders([join(root, 'repo/src/deep'), '/', 'nonsense\0', '/does/not/exist'])
  expect(names(found.read())).toEqual(['repository'])
})

it('follows variables that move folders', () => {
  const env = { XDG_CONFIG_HOME: join(root, 'xdg'), CLAUDE_CONFIG_DIR: join(root, 'claude') }
  write(join(root, 'xdg/Claude/claude_desktop_config.json'), one('desktop'))
  write(join(root, 'claude/.claude.json'), one('code'))
  write('.claude.json', one('not looked at'))
  expect(names(create({ env: { ...env, CODEX_HOME: 'relative' } }).read())).toEqual([
    'desktop',
    'code',
  ])
})

it('notices a new file, a replaced one and a removed one', async () => {
  const { latest } = watching()
  expect(latest().servers).toEqual([])
  write('.cursor/mcp.json', one('first'))
  await noticed(() => names(latest()).join() === 'first', 'a file where not even a folder was')
  replace('.cursor/mcp.json', one('other'))
  await noticed(() => names(latest()).join() === 'other', 'a file renamed over it')
  write('.config/Code/User/profiles/p/mcp.json', { servers: { profile: { command: 'x' } } })
  await noticed(() => names(latest()).join() === 'other,profile', 'a new profile')
  rmSync(join(home, '.cursor'), { recursive: true })
  await noticed(() => names(latest()).join() === 'profile', 'a removed folder')
})

it('looks at once for the projects of a client that starts later', () => {
  write(join(root, 'p/.mcp.json'), one('project'))
  watching()
  const found = discoverer?.setWorkingFolders([join(root, 'p')]) ?? null
  expect(found && names(found)).toEqual(['project'])
  expect(discoverer?.setWorkingFolders([join(root, 'p')])).toBeNull()
})

it('notices a project file that is written later', async () => {
  mkdirSync(join(root, 'p'))
  const { latest } = watching()
  discoverer?.setWorkingFolders([join(root, 'p')])
  write(join(root, 'p/.mcp.json'), one('project'))
  await noticed(() => names(latest()).join() === 'project', 'the project of a working folder')
})

it('keeps the last good reading of a file that is being written, and says so only if it stays', async () => {
  write('.cursor/mcp.json', one('good'))
  const { latest, told } = watching()
  write('.cursor/mcp.json', '{"mcpServers": {"good": {"command": "hunter2"')
  await waitFor(() => told() > 0, { what: 'a diagnostic', deadlineMs: 20_000 })
  expect(names(latest())).toEqual(['good'])
  expect(latest().diagnostics).toMatchObject([
    { client: 'cursor', file: join(home, '.cursor/mcp.json'), line: 1 },
  ])
  expect(JSON.stringify(latest().diagnostics)).not.toContain('hunter2')
  replace('.cursor/mcp.json', one('better'))
  await noticed(() => names(latest()).join() === 'better', 'the repaired file')
  expect(latest().diagnostics).toEqual([])
  expect(told()).toBe(2)
})

it('does not report a file that was only half there for a moment', () => {
  const file = write('.cursor/mcp.json', '{"mcpServers": {')
  const pauses: number[] = []
  const pause = (ms: number): void => {
    pauses.push(ms)
    writeFileSync(file, JSON.stringify(one('whole')))
  }
  const { servers, diagnostics } = create({ pause }).read()
  expect([servers.map(({ name }) => name), diagnostics, pauses]).toEqual([['whole'], [], [1000]])
})

it('reports at once what has been broken for long', () => {
  write('.cursor/mcp.json', '{')
  const later = { wallMs: () => Date.now() + 5000, monotonicMs: () => 0 }
  const pause = (): void => expect.fail('there is nothing to wait for')
  expect(create({ clock: later, pause }).read().diagnostics).toHaveLength(1)
})

it('is not held up by what stands in place of a file', () => {
  execFileSync('mkfifo', [join(home, '.claude.json')])
  mkdirSync(join(home, '.cursor/mcp.json'), { recursive: true })
  mkdirSync(join(home, '.codex'))
  symlinkSync('/dev/zero', join(home, '.codex/config.toml'))
  mkdirSync(join(home, '.config/Claude'), { recursive: true })
  symlinkSync('claude_desktop_config.json', join(home, '.config/Claude/claude_desktop_config.json'))
  const real = write('elsewhere/mcp.json', { servers: { linked: { command: 'x' } } })
  mkdirSync(join(home, '.config/Code/User'), { recursive: true })
  symlinkSync(real, join(home, '.config/Code/User/mcp.json'))
  const big = write('.config/Code/User/settings.json', '{}')
  truncateSync(big, 21 * 1024 * 1024)
  const { servers, diagnostics } = create().read()
  expect(servers.map(({ name, source }) => [name, source])).toEqual([
    ['linked', join(home, '.config/Code/User/mcp.json')],
  ])
  expect(diagnostics.map(({ client, message }) => `${client}: ${message}`)).toEqual([
    'claude-code: not a regular file',
    'cursor: not a regular file',
    'vscode: 20 MiB or larger',
    'codex: not a regular file',
  ])
})

it.skipIf(isRoot)('says once that a file may not be read (root may read all)', () => {
  chmodSync(write('.cursor/mcp.json', one('x')), 0)
  const found = create()
  expect(found.read().diagnostics.map(({ message }) => message)).toEqual([
    'cannot be read (EACCES)',
  ])
  expect(found.read().diagnostics).toHaveLength(1)
})

it('finds the script that a server runs, and its package, also when it is installed later', () => {
  const script = join(root, 'tools/server.js')
  write('.cursor/mcp.json', { mcpServers: { a: { command: 'node', args: [script] } } })
  const reference = { ecosystem: 'npm', name: 'tools', version: '1.0.0' } as const
  const packages = { packageOf: (path: string) => (path === script ? reference : null) }
  const found = create({ packages })
  expect(found.read().servers[0]?.launch?.script).toBeNull()
  write(script, '')
  expect(found.read().servers[0]?.launch?.script).toEqual({
    path: script,
    realPath: script,
    package: reference,
  })
})

it('switches off what a project has switched off', () => {
  const project = join(root, 'project')
  write('.claude.json', { projects: { [project]: { disabledMcpjsonServers: ['b'] } } })
  write(join(project, '.mcp.json'), {
    mcpServers: { a: { command: 'x' }, b: { command: 'x' } },
  })
  const { servers } = create().read()
  expect(servers.map(({ name, disabled }) => [name, disabled])).toEqual([
    ['a', false],
    ['b', true],
  ])
})

it('does not tell of a file that was only touched', async () => {
  const file = write('.cursor/mcp.json', one('a'))
  const { latest, told } = watching()
  utimesSync(file, new Date(), new Date())
  write('.claude.json', one('b'))
  await noticed(() => names(latest()).length === 2, 'another file')
  expect(told()).toBe(1)
})
