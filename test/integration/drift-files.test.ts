/** When a file changed, as the discoverer tells of it. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDiscoverer } from '../../daemon/discover/discoverer.ts'
import type { Discoverer } from '../../daemon/ports.ts'
import type { Discovery } from '../../shared/model/server.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

let home: TempHome
let discoverer: Discoverer

beforeEach(() => {
  home = tempHome()
  discoverer = createDiscoverer({
    platform: 'linux',
    home: home.path,
    root: home.join('system'),
    env: {},
    packages: { packageOf: () => null },
    digest: (text) => `digest of ${text.length}`,
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
  })
})

afterEach(() => {
  discoverer.stop()
  home.remove()
})

function write(file: string, ...names: readonly string[]): string {
  const servers = Object.fromEntries(names.map((name) => [name, { command: name }]))
  const path = home.join(file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify({ mcpServers: servers, at: Math.random() }))
  return path
}

it('is when it was written, whatever its modification time was set to', () => {
  const before = Date.now()
  const file = write('.cursor/mcp.json', 'notes')
  utimesSync(file, 1, 1)
  const changedAt = discoverer.read().changedAt.get(file) ?? 0
  // The kernel stamps files by a clock of its ticks.
  expect(changedAt).toBeGreaterThan(before - 1_000)
  expect(changedAt).toBeLessThanOrEqual(Date.now() + 1_000)
})

it('makes no news of a file that declares what it did, and is told with the next news', async () => {
  const [busy, quiet] = [write('.claude.json', 'one'), write('.cursor/mcp.json', 'two')]
  const told: Discovery[] = []
  const first = discoverer.read()
  discoverer.watch((discovery) => told.push(discovery))
  const rewritten = Date.now()
  write('.claude.json', 'one')
  write('.cursor/mcp.json', 'two', 'three')
  await waitFor(() => told.length > 0, { what: 'the new server', deadlineMs: 20_000 })
  const names = told.map(({ servers }) => servers.map(({ name }) => name))
  expect(names).toEqual([['one', 'two', 'three']])
  const { changedAt } = told.at(-1) ?? first
  for (const file of [busy, quiet]) {
    expect(changedAt.get(file)).toBeGreaterThanOrEqual(first.changedAt.get(file) ?? 0)
    expect(changedAt.get(file)).toBeGreaterThan(rewritten - 1_000)
  }
  write('.claude.json', 'one')
  write('.codex/none.json', 'ignored')
  write('.cursor/mcp.json', 'two')
  await waitFor(() => told.length > 1, { what: 'the removal', deadlineMs: 20_000 })
  expect(told).toHaveLength(2)
})
