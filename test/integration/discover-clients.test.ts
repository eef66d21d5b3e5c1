import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock, Discoverer } from '../../daemon/ports.ts'
import {
  boxedFiles,
  clientFiles,
  declaresServers,
  type System,
} from '../../shared/clients/paths.ts'
import type { ConfigFile, KeyPath } from '../../shared/clients/row.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
import type { Discovery } from '../../shared/model/server.ts'
import { type DiscoverHome, discoverHome } from '../helpers/discover-home.ts'

let place: DiscoverHome | null = null
let root = ''

beforeEach(() => {
  place = discoverHome()
  root = place.root
})
afterEach(() => {
  place?.remove()
  place = null
})

const create = (platform?: System['platform'], clock?: Clock): Discoverer =>
  place?.discoverer(platform, clock) ?? expect.fail('no home')
const systemOn = (platform: System['platform']): System =>
  place?.on(platform) ?? expect.fail('no home')
const write = (path: string, content: unknown): void => place?.write(path, content)

/** A file of that kind with one server in it, which runs `command`. */
function sample(
  file: Pick<ConfigFile, 'format' | 'servers' | 'single' | 'patches'>,
  command = 'x',
): string {
  if (file.patches !== undefined)
    return JSON.stringify([{ insert: [{ name: file.patches, config: { command } }] }])
  if (file.format === 'shell') return `mcp add one --command ${command}\n`
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

it('says what is wrong with such a file where it declares servers', () => {
  const many = Array.from({ length: 1001 }, (_, n) => [`s${n}`, { command: 'x' }])
  write('.some-agent/mcp.json', { mcpServers: Object.fromEntries(many) })
  const { servers, diagnostics } = create().read()
  expect(servers).toHaveLength(1000)
  expect(diagnostics.map(({ client, message }) => [client, message])).toEqual([
    ['unknown', 'too many servers; the rest is left out'],
  ])
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
