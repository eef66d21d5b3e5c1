import { describe, expect, it, vi } from 'vitest'
import type { RunTool, ToolResult } from '../../../daemon/capture/run-tool.ts'
import type { Lookup } from '../../../daemon/names/address-book.ts'
import { createRegistrySource } from '../../../daemon/names/registry-source.ts'
import type { Log } from '../../../daemon/ports.ts'
import { makeProcess } from '../connections/build.ts'

const npx = makeProcess(5, 1, { argv: ['npm exec pkg'], argvForm: 'rewritten', cwd: '/' })
const shell = makeProcess(6, 1, { executable: '/bin/sh' })
const uv = makeProcess(7, 1, { executable: '/usr/bin/uv' })
const SETTINGS = '{"registry":"http://u:p@reg.test:81/x","proxy":null,"https-proxy":null}'

function said(stdout: string): ToolResult {
  return {
    stdout,
    stderr: '',
    code: 0,
    signal: null,
    timedOut: false,
    truncated: false,
    elapsedMs: 1,
  }
}

function setUp(over: Partial<Parameters<typeof createRegistrySource>[0]> = {}) {
  const time = { ms: 1_000 }
  const mocks = {
    runTool: vi.fn<RunTool>(async () => said(SETTINGS)),
    lookup: vi.fn<Lookup>(async () => [
      { address: '203.0.113.9' },
      { address: '::ffff:203.0.113.10' },
    ]),
    debug: vi.fn<Log['debug']>(),
  }
  const deps = {
    ...mocks,
    findTool: () => '/usr/bin/npm-of-nobody',
    env: { PATH: '/usr/bin', npm_config_x: 'y', SECRET: 'z' },
    home: '/',
    mayLookUp: () => true,
    clock: { monotonicMs: () => time.ms },
    log: { debug: mocks.debug },
    ...over,
  }
  const source = createRegistrySource(deps)
  return { source, deps: mocks, time, ask: () => source.registryFor(npx) }
}

const KNOWN = {
  kind: 'known',
  endpoints: [
    { host: 'reg.test', address: '203.0.113.9', port: 81 },
    { host: 'reg.test', address: '203.0.113.10', port: 81 },
  ],
}

describe('createRegistrySource', () => {
  it('asks npm in the background, once, and answers with addresses', async () => {
    const { ask, deps } = setUp()
    expect(ask()).toEqual({ kind: 'pending' })
    await vi.waitFor(() => expect(ask()).toEqual(KNOWN))
    expect(deps.runTool).toHaveBeenCalledTimes(1)
  })

  it('gives npm its own settings from our environment, and nothing else', async () => {
    const { ask, deps } = setUp()
    await vi.waitFor(() => expect(ask().kind).toBe('known'))
    const [path, args = [], options] = deps.runTool.mock.calls[0] ?? []
    expect([path, args.slice(0, 3)]).toEqual([
      '/usr/bin/npm-of-nobody',
      ['config', 'list', '--json'],
    ])
    expect(args).toContain('--no-update-notifier')
    expect(options).toMatchObject({
      cwd: '/',
      env: { LC_ALL: 'C', HOME: '/', PATH: '/usr/bin', npm_config_x: 'y' },
    })
    expect(JSON.stringify(options)).not.toContain('SECRET')
  })

  it('expects nothing of a shell, and cannot ask for others', () => {
    const { source, deps } = setUp()
    expect(source.registryFor(shell)).toEqual({ kind: 'known', endpoints: [] })
    expect(source.registryFor(uv)).toEqual({ kind: 'unknown' })
    expect(deps.runTool).not.toHaveBeenCalled()
  })

  it('looks addresses up again after a minute, and keeps the earlier ones for ten', async () => {
    const { ask, deps, time } = setUp()
    await vi.waitFor(() => expect(ask().kind).toBe('known'))
    deps.lookup.mockResolvedValue([{ address: '203.0.113.11' }])
    time.ms += 61_000
    expect(ask()).toEqual({ kind: 'pending' })
    const addresses = () => {
      const answer = ask()
      return answer.kind === 'known' ? answer.endpoints.map(({ address }) => address) : null
    }
    await vi.waitFor(() => expect(addresses()).toHaveLength(3))
    expect(deps.runTool).toHaveBeenCalledTimes(1)
    time.ms += 10 * 60_000
    ask()
    await vi.waitFor(() => expect(addresses()).toEqual(['203.0.113.11']))
    expect(deps.runTool).toHaveBeenCalledTimes(2)
  })

  it('does not know while npm fails, tries again later and later, and says nothing of why', async () => {
    const { ask, deps, time } = setUp()
    deps.runTool.mockRejectedValue(new Error('secret'))
    ask()
    await vi.waitFor(() => expect(ask().kind).toBe('unknown'))
    expect(deps.runTool).toHaveBeenCalledTimes(1)
    expect(JSON.stringify(deps.debug.mock.calls)).not.toContain('secret')
    deps.runTool.mockResolvedValue(said(SETTINGS))
    time.ms += 2_001
    await vi.waitFor(() => expect(ask()).toEqual(KNOWN))
  })

  it('does not know a registry that has no address, unless a proxy stands in for it', async () => {
    const lookup = vi.fn(async (host: string) => {
      if (host === 'reg.test') throw new Error('ENOTFOUND')
      return [{ address: '203.0.113.12' }]
    })
    const { ask } = setUp({ lookup })
    await vi.waitFor(() => expect([ask().kind, lookup.mock.calls.length]).toEqual(['unknown', 1]))
    const proxied = setUp({ lookup, env: { https_proxy: 'http://proxy.test:3128' } })
    await vi.waitFor(() =>
      expect(proxied.ask()).toEqual({
        kind: 'known',
        endpoints: [{ host: 'proxy.test', address: '203.0.113.12', port: 3128 }],
      }),
    )
  })

  it('looks nothing up while the policy forbids it, and does not know then', async () => {
    const wish = { isOn: false }
    const { ask, deps, time } = setUp({ mayLookUp: () => wish.isOn })
    ask()
    await vi.waitFor(() => expect(ask().kind).toBe('unknown'))
    expect(deps.lookup).not.toHaveBeenCalled()
    wish.isOn = true
    time.ms += 2_001
    await vi.waitFor(() => expect(ask()).toEqual(KNOWN))
  })

  it('knows a registry given by its address all the same', async () => {
    const settings = '{"registry":"http://203.0.113.9:81/","proxy":null,"https-proxy":null}'
    const runTool = async () => said(settings)
    const { ask, deps } = setUp({ mayLookUp: () => false, runTool })
    await vi.waitFor(() => expect(ask().kind).toBe('known'))
    expect(deps.lookup).not.toHaveBeenCalled()
  })

  it('starts nothing after it was stopped', () => {
    const { source, deps, ask } = setUp()
    source.stop()
    ask()
    expect(deps.runTool).not.toHaveBeenCalled()
  })
})
