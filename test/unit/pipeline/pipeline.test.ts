import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'
import { makeProcess, row } from '../connections/build.ts'
import { noMemory } from '../judge/build.ts'
import { bench, client, memoryProcess, memoryServer } from './bench.ts'

const OUT = row('192.168.1.5:40000', '203.0.113.9:443', [20])

describe('the pipeline', () => {
  it('turns configuration, processes and sockets of one sample into a finding', async () => {
    const { sample, watched } = bench()
    const { result } = await sample([OUT])
    expect(watched().map(({ pid, kind }) => [pid, kind])).toEqual([
      [20, 'member'],
      [10, 'ancestor'],
    ])
    expect(result.servers?.map(({ server, expectation }) => [server.name, expectation])).toEqual([
      ['memory', 'local-only'],
    ])
    expect(result.instances.map(({ rootPid, quality }) => [rootPid, quality])).toEqual([
      [20, 'exact'],
    ])
    expect(result.opened).toHaveLength(1)
    expect(result.findings.map(({ kind, severity }) => [kind, severity])).toEqual([
      ['local-only-egress', 'high'],
    ])
  })

  it('turns what an engine heard of into attempts and raw sockets, each once', async () => {
    const { sample } = bench()
    await sample([])
    const holder = { process: memoryProcess.key, pid: memoryProcess.pid }
    const told = { cookie: 'a', outcome: 'refused', state: 'closing', inode: null } as const
    const refused = row('192.168.1.5:40000', '203.0.113.9:443', [20], { ...told, endedAt: 5 })
    const { result } = await sample([refused], undefined, undefined, {
      rawSockets: [{ holder, family: 'packet', at: 1_001_500 }],
    })
    expect(result.closed.map(({ connection }) => connection.outcome)).toEqual(['refused'])
    expect(
      result.findings.map(({ kind, severity, attempted }) => [kind, severity, attempted]),
    ).toEqual([
      ['local-only-egress', 'medium', true],
      ['raw-socket', 'medium', false],
    ])
    expect((await sample([])).result.findings).toEqual([])
  })

  it('knows who listens on this machine also for a connection that came and went', async () => {
    const { sample } = bench()
    const listener = row('127.0.0.1:5432', null, [10], { inode: 7 })
    await sample([listener])
    const brief = row('127.0.0.1:40000', '127.0.0.1:5432', [20], { endedAt: 1_001_900 })
    const { result } = await sample([listener, brief])
    expect(result.closed).toMatchObject([
      { verdict: 'expected', reason: 'loopback', names: [{ source: 'listener' }] },
    ])
  })

  it('says nothing again while nothing changes, and tells the ends', async () => {
    const { sample } = bench()
    await sample([OUT])
    const quiet = (await sample([OUT])).result
    expect(quiet).toMatchObject({ servers: null, instances: [], opened: [], updated: [] })
    expect(quiet.findings).toEqual([])
    const last = (await sample([], [client])).result
    expect(last.closed).toHaveLength(1)
    expect(last.ended).toHaveLength(1)
  })

  it('makes a tick of the last batch, and only then ends what it would set going again', async () => {
    const { sample, stop, views } = bench()
    await sample([])
    expect(await stop([OUT])).toEqual(['want', 'engine', 'host book'])
    expect(views.at(-1)?.result.opened).toHaveLength(1)
  })

  it('goes on judging a running server that was taken out of its file', async () => {
    const { sample, configure } = bench()
    await sample([])
    configure([])
    const { result, records } = await sample([OUT])
    expect(result.servers).toEqual([])
    expect(records.get(memoryServer.id)?.expectation).toBe('local-only')
    expect(result.findings).toHaveLength(1)
  })

  it('remembers the folders of clients that have ended, and of an earlier run', async () => {
    const { sample, folders } = bench({ ...noMemory, projectFolders: ['/home/u/old'] })
    await sample([], [{ ...client, cwd: '/home/u/project' }, memoryProcess])
    await sample([], [makeProcess(99, 1)])
    expect(folders.at(-1)).toEqual(['/home/u/old', '/home/u/project'])
  })

  it('tells the time it did not see', async () => {
    const down = bench({ ...noMemory, lastTickAt: 900_000 })
    expect((await down.sample([])).result.coverage.gaps).toEqual([
      { from: 900_000, to: 1_000_000, reason: 'daemon-down' },
    ])
    const { sample, sleep, fail, faults } = bench()
    await sample([])
    sleep(60_000)
    expect((await sample([])).result.coverage.gaps.map(({ reason }) => reason)).toEqual(['sleep'])
    fail(new Error('one'))
    fail(new Error('two'))
    const gaps = (await sample([], undefined, 9_000)).result.coverage.gaps
    expect(gaps.map(({ reason }) => reason)).toEqual(['failed-sample'])
    expect(faults).toHaveLength(1)
  })

  it('ends what an earlier run left open and is gone', async () => {
    const first = bench()
    const { result } = await first.sample([OUT])
    const [instance] = result.instances
    const [opened] = result.opened
    if (instance === undefined || opened === undefined) throw new Error('nothing was opened')
    const { id, serverIds } = instance
    const memory = { ...noMemory, openInstances: [{ id, serverIds }], openConnections: [opened] }
    const restarted = (await bench(memory).sample([OUT])).result
    expect(restarted.opened).toEqual([])
    const gone = (await bench(memory).sample([], [client])).result
    expect(gone.ended).toEqual([id])
    expect(gone.closed.map(({ connection }) => connection.id)).toEqual([opened.connection.id])
  })

  it('judges by the policy as soon as it changes, and takes a rule back when it expires', async () => {
    const { sample, decide, wanted, sleep } = bench()
    expect((await sample([OUT])).result.findings).toHaveLength(1)
    const rule = {
      match: { name: 'memory', client: null, package: null, image: null },
      expect: [{ kind: 'host' as const, host: 'api.test', port: 443 }],
      children: null,
      mutes: [],
      until: 1_100_000,
      why: null,
    }
    const policy = { ...DEFAULT_POLICY, rules: [rule] }
    decide({ policy, diagnostics: [] })
    const api = row('192.168.1.5:40001', '203.0.113.10:443', [20], { inode: 101 })
    const allowed = await sample([OUT, api])
    expect(allowed.result.servers?.map(({ expectationSource }) => expectationSource)).toEqual([
      'policy',
    ])
    expect(wanted.at(-1)).toEqual(['api.test'])
    expect(allowed.result.opened).toMatchObject([
      { reason: 'declared', names: [{ name: 'api.test', source: 'expected-host' }] },
    ])
    decide({ policy: { ...policy, resolveNames: false }, diagnostics: [] })
    await sample([OUT, api])
    expect(wanted.at(-1)).toEqual([])
    sleep(200_000)
    const expired = await sample([OUT, api])
    expect(expired.records.get(memoryServer.id)?.expectation).toBe('local-only')
    expect(expired.result.findings.map(({ kind }) => kind)).toContain('local-only-egress')
  })

  it('tells of a bad policy file among what is wrong with configurations, once', async () => {
    const { sample, decide } = bench()
    await sample([])
    const fault = { client: 'policy', file: '/p.jsonc', line: 1, column: 2, message: 'no' }
    decide({ policy: DEFAULT_POLICY, diagnostics: [fault] })
    const told = await sample([])
    expect(told.result.diagnostics).toEqual([fault])
    expect(told.discovery.diagnostics).toEqual([fault])
    expect((await sample([])).result.diagnostics).toBeNull()
  })

  it('tells what becomes of the configuration, with the name of what is gone', async () => {
    const { sample, configure } = bench()
    const first = await sample([])
    expect(first.result.drift).toMatchObject({ changes: [], entries: [{ name: 'memory' }] })
    expect((await sample([])).result.drift).toBe((await sample([])).result.drift)
    configure([])
    expect((await sample([], [client])).result.findings).toEqual([])
    const { result, records } = await sample([], [client], 16_000)
    expect(result.drift.changes).toMatchObject([{ kind: 'removed', serverId: memoryServer.id }])
    expect(result.findings).toMatchObject([{ kind: 'config-drift', severity: 'low' }])
    expect(records.get(memoryServer.id)?.server.name).toBe('memory')
    expect((await sample([], [client])).records.has(memoryServer.id)).toBe(false)
  })
})
