/** What one file says of a client's own Node counts for the servers of all its files. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDiscoverer } from '../../daemon/discover/discoverer.ts'

let home = ''
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'mcpw-own-node-')))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function write(path: string, value: unknown): void {
  const file = join(home, '.config/Claude', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(value))
}

it.each([
  [{}, [['notes', true]]],
  [{ isUsingBuiltInNodeForMcp: true }, [['notes', true]]],
  [{ isUsingBuiltInNodeForMcp: false }, [['notes', undefined]]],
])('Claude Desktop with %j and an extension for node', (setting, expected) => {
  const server = { type: 'node', mcp_config: { command: 'node', args: ['main.js'] } }
  write('Claude Extensions/local.notes/manifest.json', { name: 'notes', server })
  write('claude_desktop_config.json', { ...setting, mcpServers: {} })
  const discoverer = createDiscoverer({
    platform: 'linux',
    home,
    root: join(home, 'system'),
    env: {},
    packages: { packageOf: () => null },
    digest: (text) => `${text.length}`,
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  })
  const { servers } = discoverer.read()
  discoverer.stop()
  expect(servers.map(({ name, inClient }) => [name, inClient])).toEqual(expected)
})
