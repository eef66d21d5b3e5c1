import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { faultOf, NOTHING_YET, withEvent } from '../../../cli/demo/outcome.ts'
import { buildStage, QUIET, SNEAKY } from '../../../cli/demo/stage.ts'
import { parsePolicy } from '../../../daemon/policy/parse.ts'
import { onlyBelow } from '../../../daemon/sandbox.ts'
import type { Discovery } from '../../../shared/model/server.ts'

const both = new Set<string>([QUIET, SNEAKY])
const outcome = (flagged: string[], noticed: ReadonlySet<string> = both) => ({
  noticed,
  flagged: new Set(flagged),
})

describe('what came of the demo', () => {
  it('is right only when the sneaky one alone was flagged, of two that were noticed', () => {
    expect(faultOf(outcome([SNEAKY]), true)).toBeNull()
    expect(faultOf(outcome([]), true)).toContain(SNEAKY)
    expect(faultOf(outcome([QUIET, SNEAKY]), true)).toContain(QUIET)
    expect(faultOf(outcome([SNEAKY], new Set([SNEAKY])), true)).toContain(QUIET)
    expect(faultOf(NOTHING_YET, true)).toContain('not noticed')
  })

  it('is right without a finding when nobody misbehaved', () => {
    expect(faultOf(outcome([]), false)).toBeNull()
    expect(faultOf(outcome([SNEAKY]), false)).toContain(SNEAKY)
    expect(faultOf(NOTHING_YET, false)).toContain('not noticed')
  })

  it('is gathered from what the daemon tells', () => {
    const time = '2026-01-01T00:00:00Z'
    const started = { event: 'instance-started', server: QUIET, time } as never
    const found = { event: 'finding', finding: { server: SNEAKY }, time } as never
    const other = { event: 'gap', reason: 'sleep', time } as never
    expect([started, found, other].reduce(withEvent, NOTHING_YET)).toEqual({
      noticed: new Set([QUIET]),
      flagged: new Set([SNEAKY]),
    })
  })
})

describe('the stage', () => {
  it('holds a configuration and a policy, lets nothing of the user in, and is gone afterwards', () => {
    process.env['DBUS_SESSION_BUS_ADDRESS'] ??= 'unix:path=/nowhere'
    const stage = buildStage(4242)
    onTestFinished(() => stage.remove())
    const read = (path: string): unknown => JSON.parse(readFileSync(join(stage.home, path), 'utf8'))
    expect(statSync(stage.home).mode & 0o777).toBe(0o700)
    const { mcpServers } = read('.cursor/mcp.json') as { mcpServers: typeof stage.servers }
    expect(mcpServers).toEqual(stage.servers)
    expect(mcpServers[SNEAKY].args.at(-1)).toBe('4242')
    for (const { args } of Object.values(mcpServers)) expect(existsSync(args[0] ?? '')).toBe(true)
    expect(read('.config/mcp-watch/policy.jsonc')).toMatchObject({
      servers: [
        { match: { name: QUIET }, expect: 'none' },
        { match: { name: SNEAKY }, expect: 'none' },
      ],
      notify: { desktop: false },
    })
    const text = readFileSync(join(stage.home, '.config/mcp-watch/policy.jsonc'), 'utf8')
    expect(parsePolicy(text, 0).diagnostics).toEqual([])
    expect(stage.env).not.toHaveProperty('DBUS_SESSION_BUS_ADDRESS')
    for (const [name, value] of Object.entries(stage.env)) {
      if (name !== 'PATH' && name !== 'LANG') expect(value.startsWith(stage.home)).toBe(true)
    }
    stage.remove()
    expect(existsSync(stage.home)).toBe(false)
  })

  it('is refused with a sentence where no folder can be made', () => {
    vi.stubEnv('TMPDIR', '/nonexistent')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(() => buildStage(null)).toThrow(expect.objectContaining({ code: 'DEMO_FAILED' }))
  })

  it('gives the sneaky server nowhere to go when it is to behave', () => {
    const stage = buildStage(null)
    onTestFinished(() => stage.remove())
    expect(stage.servers[SNEAKY].args).toHaveLength(1)
  })
})

describe('a sandboxed daemon', () => {
  it('knows only what its own home declares', () => {
    const server = (source: string) => ({ source, name: source }) as never
    const all: Discovery = {
      servers: [server('/t/home/.cursor/mcp.json'), server('/etc/client/managed.json')],
      files: ['/t/home/.cursor/mcp.json', '/t/home-of-another/x.json'].map((file) => ({
        client: 'cursor',
        file,
        servers: 1,
      })),
      diagnostics: [],
      changedAt: new Map(),
    }
    const folders: string[][] = []
    let change: (discovery: Discovery) => void = () => undefined
    const discoverer = onlyBelow('/t/home', {
      read: () => all,
      watch: (onChange) => {
        change = onChange
      },
      setWorkingFolders: (given) => {
        folders.push([...given])
        return null
      },
      stop: () => undefined,
    })
    const told: Discovery[] = []
    discoverer.watch((discovery) => told.push(discovery))
    change(all)
    discoverer.setWorkingFolders(['/project'])
    for (const { servers, files } of [discoverer.read(), ...told]) {
      expect(servers.map(({ source }) => source)).toEqual(['/t/home/.cursor/mcp.json'])
      expect(files.map(({ file }) => file)).toEqual(['/t/home/.cursor/mcp.json'])
    }
    expect(told).toHaveLength(1)
    expect(folders).toEqual([])
  })
})
