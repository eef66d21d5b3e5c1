import { describe, expect, it } from 'vitest'
import type { Report } from '../../shared/contract/report.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import { closed, instance, judged, record, T0, tick } from '../unit/store/ticks.ts'
import { day, HOUR, iso, recorded } from './query-archive.ts'

const files = record('files')
const memory = record('memory')
const root = instance(100, [files])

describe('servers', () => {
  const remote = record('remote')
  const states = (report: Report): unknown[] =>
    report.servers.map(({ name, state }) => [name, state])

  it('lists every configured one with its state, ordered by client and name', () => {
    const { commit, report } = recorded()
    const web = { ...remote, server: { ...remote.server, transport: 'http' as const } }
    const cursor = { ...record('a'), server: { ...record('a').server, client: 'cursor' } }
    commit(
      tick(T0, {
        servers: [cursor, web, memory, files, record('lost'), record('never')],
        instances: [
          root,
          instance(101, [memory]),
          instance(102, [record('lost')], { orphaned: true }),
        ],
      }),
      tick(T0 + 1_000, {
        ended: [instance(101, [memory]).id],
        coverage: {
          notObserved: [{ serverId: remote.server.id, reason: 'remote-transport' }],
        },
      }),
    )
    expect(states(report())).toEqual([
      ['files', 'running'],
      ['lost', 'orphaned'],
      ['memory', 'ended'],
      ['never', 'never-seen'],
      ['remote', 'remote'],
      ['a', 'never-seen'],
    ])
    const [first] = report().servers
    expect(first).toMatchObject({
      package: { name: '@example/files', version: '1.2.3' },
      expectation: 'local-only',
      instances: [{ rootPid: 100, clientPid: 9, endedAt: null, quality: 'exact' }],
    })
  })

  it('leaves out reasons that an older version wrote and that are none any more', () => {
    const { commit, report } = recorded()
    const reasons = ['former-reason', 'script'] as unknown as Instance['reasons']
    commit(tick(T0, { servers: [files], instances: [instance(100, [files], { reasons })] }))
    expect(report().servers[0]?.instances[0]?.reasons).toEqual(['script'])
  })

  it('shows the hosts that a server is held to, as a policy has them', () => {
    const { commit, report } = recorded()
    const host = { kind: 'host', host: 'api.example.com', port: 443 } as const
    const range = { kind: 'cidr', address: '10.0.0.0', bits: 8, port: null } as const
    const listed = { ...files, expectation: 'rules' as const, rules: [host, range] }
    commit(tick(T0, { servers: [listed], instances: [root] }))
    expect(report().servers[0]?.rules).toEqual(['api.example.com:443', '10.0.0.0/8'])
  })

  it('is inside its client as long as that runs it there', () => {
    const { commit, report } = recorded()
    const notObserved = [{ serverId: files.server.id, reason: 'in-client' as const }]
    commit(
      tick(T0, { servers: [files] }),
      tick(T0 + 1_000, { coverage: { notObserved } }),
      tick(T0 + 2_000, { coverage: { notObserved } }),
    )
    const at = (to: number): unknown => report({ from: T0 - HOUR, to }).servers[0]?.state
    expect([T0, T0 + 1_000, T0 + 5_000].map(at)).toEqual(['never-seen', 'in-client', 'in-client'])
    commit(tick(T0 + 3_000, {}), tick(T0 + 4_000, { instances: [root] }))
    expect([T0 + 2_000, T0 + 3_500, T0 + 5_000].map(at)).toEqual([
      'in-client',
      'never-seen',
      'running',
    ])
  })

  it('is orphaned only while no instance has its client', () => {
    const { commit, report } = recorded()
    const orphan = instance(101, [files], { orphaned: true })
    commit(tick(T0, { servers: [files], instances: [root, orphan] }))
    expect(states(report())).toEqual([['files', 'running']])
    commit(tick(T0 + 1_000, { ended: [root.id] }))
    expect(states(report())).toEqual([['files', 'orphaned']])
  })

  it('tells the state at the end of the window, and the instance as it was last', () => {
    const { commit, report } = recorded()
    commit(
      tick(T0, { servers: [files], instances: [root] }),
      tick(T0 + 1_000, {
        instances: [{ ...root, quality: 'launcher', reasons: ['title-rewritten'] }],
      }),
      tick(T0 + 2_000, { ended: [root.id] }),
    )
    const at = (to: number) => report({ from: T0 - HOUR, to }).servers[0]
    expect(at(T0 - 1)?.state).toBe('never-seen')
    expect(at(T0 + 1_999)?.state).toBe('running')
    expect(at(T0 + 2_000)).toMatchObject({
      state: 'ended',
      instances: [{ endedAt: iso(T0 + 2_000), quality: 'launcher', reasons: ['title-rewritten'] }],
    })
  })

  it('shows one that left the configuration while it runs, and then while the window has something of it', () => {
    const { ask, commit, report } = recorded()
    commit(
      tick(T0, { servers: [files, memory], instances: [root, instance(101, [memory])] }),
      tick(T0 + 1_000, { servers: [], closed: [closed(judged(root, 1), T0 + 900)] }),
    )
    expect(states(report())).toEqual([
      ['files', 'removed'],
      ['memory', 'removed'],
    ])
    commit(tick(T0 + 2_000, { ended: [root.id, instance(101, [memory]).id] }))
    expect(states(report())).toEqual([['files', 'removed']])
    expect(ask((archive) => archive.servers()).servers).toEqual([])
    expect(report(day, { server: 'memory' }).servers).toHaveLength(1)
  })
})

describe('coverage', () => {
  it('tells engines, gaps, counts and what was not observed, cut to the window', () => {
    const { commit, report } = recorded()
    const notObserved = [{ serverId: files.server.id, reason: 'unconnected-udp' as const }]
    const engine = { name: 'ss', intervalMs: 1_000, expectedRecall: 0.9 } as const
    const degraded = [{ code: 'sampling' as const, message: 'It looks once a second.' }]
    commit(
      tick(T0, {
        servers: [files, memory],
        coverage: {
          engine: { ...engine, degraded },
          counts: { owned: 2, foreign: 3, unknown: 1 },
          gaps: [{ from: T0 - 2 * HOUR, to: T0, reason: 'daemon-down' }],
          notObserved,
        },
      }),
      tick(T0 + 1_000, { coverage: { counts: { owned: 1, foreign: 0, unknown: 0 } } }),
    )
    const window = { from: T0 - HOUR, to: T0 + 5_000 }
    expect(report(window).coverage).toEqual({
      engines: [{ ...engine, from: iso(T0), to: iso(T0 + 1_000) }],
      watched: { quietMs: 0, activeMs: 0, expectedRecall: null, servers: [] },
      resolution: 'exact',
      degraded,
      gaps: [{ from: iso(T0 - HOUR), to: iso(T0), reason: 'daemon-down' }],
      connections: { owned: 3, foreign: 3, unknown: 1 },
      notObserved,
    })
    expect(report(window, { server: 'memory' }).coverage.notObserved).toEqual([])
    expect(report({ from: T0 + 2_000, to: T0 + 5_000 }).coverage).toMatchObject({
      degraded: [],
      engines: [],
      notObserved: [],
    })
  })

  it('adds a gap where the heartbeat stopped, without storing it', () => {
    const { commit, report } = recorded()
    commit(tick(T0, { servers: [files] }))
    const until = (to: number): unknown => report({ from: T0 - HOUR, to }).coverage.gaps
    expect(until(T0 + 10_000)).toEqual([])
    expect(until(T0 + 60_000)).toEqual([
      { from: iso(T0), to: iso(T0 + 60_000), reason: 'daemon-down' },
    ])
    expect(until(T0 + 10_000)).toEqual([])
  })
})
