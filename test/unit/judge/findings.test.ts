import { describe, expect, it } from 'vitest'
import { initialJudgement, type JudgeInput, judge } from '../../../daemon/judge/judge.ts'
import type { Listening } from '../../../daemon/judge/state.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { RegistryAnswer } from '../../../shared/model/host.ts'
import type { ConnectionId } from '../../../shared/model/ids.ts'
import { type KnownDestination, WATCHING_BEGAN } from '../../../shared/model/tick.ts'
import { end, keyOf, makeProcess } from '../connections/build.ts'
import { bookOf, connect, fresh, inputFor, instanceA, noMemory, recordOf } from './build.ts'

const INTERNET = '203.0.113.9:443'
const DAY = 24 * 60 * 60_000
const kindsOf = ({ findings }: ReturnType<typeof judge>): string[] =>
  findings.map(({ kind, severity }) => `${kind} ${severity}`)

describe('install-time-egress', () => {
  const launcher = instanceA({
    members: [
      { process: makeProcess(19, 10), role: 'launcher' },
      { process: makeProcess(20, 19), role: 'install' },
    ],
  })
  const endpoint = { host: 'registry.test', address: '203.0.113.9', port: 443 }
  const known: RegistryAnswer = { kind: 'known', endpoints: [endpoint] }
  const run = (to: string, answer: RegistryAnswer, over: Partial<JudgeInput> = {}) =>
    judge(
      fresh,
      inputFor('open', [connect(to, {}, 'install')], {
        instances: new Map([[launcher.id, launcher]]),
        registryOf: (key) => (key === keyOf(19) ? answer : { kind: 'unknown' }),
        ...over,
      }),
    )

  it('is what a script does beside fetching from the registry of the manager above it', () => {
    const fetching = run(INTERNET, known)
    expect(fetching.findings).toEqual([])
    expect(fetching.open[0]).toMatchObject({ reason: 'registry', trafficClass: 'install' })
    expect(kindsOf(run('198.51.100.7:443', known))).toEqual(['install-time-egress medium'])
    expect(kindsOf(run('192.168.1.9:80', known))).toEqual(['install-time-egress low'])
    expect(kindsOf(run('192.168.1.1:53', known))).toEqual([])
    expect(kindsOf(run('127.0.0.1:80', known))).toEqual([])
  })

  it('waits for the registry, and is nothing where nothing is installed', () => {
    expect(run(INTERNET, { kind: 'pending' }).open[0]?.reason).toBe('registry-not-known')
    expect(run(INTERNET, { kind: 'known', endpoints: [] }).open[0]?.verdict).toBe('expected')
    expect(run(INTERNET, { kind: 'unknown' }).findings).toEqual([])
  })

  it('stands in for local-only-egress', () => {
    const input = inputFor('local-only', [connect(INTERNET, {}, 'install')])
    expect(kindsOf(judge(fresh, input))).toEqual(['install-time-egress medium'])
  })
})

describe('exposed-listener', () => {
  const listen = (local: string, over: Partial<Listening> = {}): Listening => ({
    instance: instanceA().id,
    owner: { process: keyOf(20), pid: 20, role: 'server', executable: '/usr/bin/node' },
    inherited: false,
    local: end(local),
    ...over,
  })
  const input = (listening: readonly Listening[], at = 2000): JudgeInput =>
    inputFor('open', [], { listening, at })

  it('is told once a server and port, with the addresses it can be reached at', () => {
    const both = input([listen('0.0.0.0:8080'), listen('[::]:8080')])
    const first = judge(fresh, both)
    expect(first.findings).toMatchObject([
      {
        kind: 'exposed-listener',
        severity: 'medium',
        count: 1,
        destination: { address: '0.0.0.0', port: 8080, scope: 'unspecified' },
      },
    ])
    expect(first.findings[0]?.explanation).toContain('reachable at 192.168.1.5')
    expect(judge(first.state, both).findings).toEqual([])
    const nextDay = judge(first.state, { ...both, at: DAY })
    expect(nextDay.findings).toMatchObject([{ count: 1, lastSeen: DAY, firstSeen: 2000 }])
    const closed = judge(first.state, input([]))
    expect(judge(closed.state, both).findings).toMatchObject([{ count: 2 }])
  })

  it('is told with the interface, and of a container with the port that is published', () => {
    const host = { ...input([]).host, interfaces: new Map([['192.168.1.5', 'eth0']]) }
    const told = (listening: Listening): string | undefined =>
      judge(fresh, { ...input([listening]), host }).findings[0]?.explanation
    expect(told(listen('0.0.0.0:8080'))).toContain('reachable at 192.168.1.5 (eth0)')
    expect(told(listen('192.168.1.5:8080'))).toContain('port 8080 on 192.168.1.5 (eth0).')
    expect(told(listen('0.0.0.0:8080', { inside: 80 }))).toMatch(
      /port 80 of its container, published as port 8080 .*--publish 127\.0\.0\.1:8080:80/,
    )
  })

  it('is not loopback, not what was handed down, not a run of the developer', () => {
    const silent = [
      listen('127.0.0.1:8080'),
      listen('[::1]:8080'),
      listen('0.0.0.0:81', { inherited: true }),
    ]
    expect(judge(fresh, input(silent)).findings).toEqual([])
    const own = instanceA({ judged: false })
    const instances = new Map([[own.id, own]])
    const listening = [listen('0.0.0.0:8080')]
    expect(judge(fresh, inputFor('open', [], { listening, instances })).findings).toEqual([])
    expect(kindsOf(judge(fresh, input([listen('192.168.1.5:8080')])))).toHaveLength(1)
  })

  it('is not counted again after a restart', () => {
    const listening = [listen('0.0.0.0:8080')]
    const { findings } = judge(fresh, input(listening))
    const { id, serverIds } = instanceA()
    const memory = { ...noMemory, findings, openInstances: [{ id, serverIds }] }
    expect(judge(initialJudgement(memory), input(listening)).findings).toEqual([])
  })
})

describe('new-destination', () => {
  const record = recordOf('server-a', 'open')
  const serverId = record.server.id
  const history = (...keys: readonly string[]): KnownDestination[] =>
    [WATCHING_BEGAN, ...keys].map((key) => ({ serverId, key, firstSeen: 0 }))
  const onDay = (days: number, open: readonly Connection[], over: Partial<JudgeInput> = {}) =>
    inputFor('open', open, { at: days * DAY, ...over })
  const remembering = (...keys: readonly string[]) =>
    initialJudgement({ ...noMemory, knownDestinations: history(...keys) })

  it('is a network that the server never went to in three days', () => {
    const usual = remembering('tcp 443 203.0.0.0/16')
    expect(kindsOf(judge(usual, onDay(4, [connect(INTERNET)])))).toEqual([])
    expect(kindsOf(judge(usual, onDay(2, [connect('198.51.100.7:443')])))).toEqual([])
    const told = judge(usual, onDay(4, [connect('198.51.100.7:443')]))
    expect(told.findings).toMatchObject([
      { kind: 'new-destination', severity: 'low', destination: { address: '198.51.100.7' } },
    ])
    expect(told.learned).toEqual([{ serverId, key: 'tcp 443 198.51.0.0/16', firstSeen: 4 * DAY }])
    const more = connect('198.51.3.3:443', { id: 'c2' as ConnectionId })
    expect(judge(told.state, onDay(5, [more])).findings).toEqual([])
  })

  it('goes by the host where one is known', () => {
    const names = bookOf({ 'api.test': ['203.0.113.9', '198.51.100.7'] })
    const usual = remembering('host api.test')
    expect(judge(usual, onDay(4, [connect('198.51.100.7:443')], { names })).findings).toEqual([])
    const other = bookOf({ 'other.test': ['203.0.113.9'] })
    expect(kindsOf(judge(usual, onDay(4, [connect(INTERNET)], { names: other })))).toEqual([
      'new-destination low',
    ])
  })

  it('learns from the beginning, and repeats nothing after a restart', () => {
    const first = judge(fresh, onDay(1, [connect(INTERNET)]))
    expect(first.learned.map(({ key }) => key)).toEqual([WATCHING_BEGAN, 'tcp 443 203.0.0.0/16'])
    expect(first.findings).toEqual([])
    expect(judge(first.state, onDay(1, [connect(INTERNET)])).learned).toEqual([])
    const memory = { ...noMemory, knownDestinations: first.learned }
    const restarted = judge(initialJudgement(memory), onDay(9, [connect(INTERNET)]))
    expect([restarted.findings, restarted.learned]).toEqual([[], []])
  })

  it('is no news of one that goes anywhere by design, of launchers, or of this machine', () => {
    const usual = remembering()
    const quiet = (connection: Connection, over: Partial<JudgeInput> = {}) =>
      expect(judge(usual, onDay(4, [connection], over)).findings).toEqual([])
    const browser = { ...record, expectationSource: 'catalogue' as const }
    quiet(connect(INTERNET), { records: new Map([[serverId, browser]]) })
    const runner = { ...record, children: 'open' as const }
    quiet(connect(INTERNET, {}, 'child'), { records: new Map([[serverId, runner]]) })
    quiet(connect('127.0.0.1:80'))
    quiet(connect(INTERNET, { direction: 'inbound' }))
    quiet(connect(INTERNET, { inherited: true }))
    const endpoint = { host: 'registry.test', address: '203.0.113.9', port: 443 }
    quiet(connect(INTERNET, {}, 'launcher'), {
      registryOf: () => ({ kind: 'known', endpoints: [endpoint] }),
    })
  })

  it('gives up on a server that goes everywhere', () => {
    const many = Array.from({ length: 2_500 }, (_, i) =>
      connect(`${1 + (i >> 8)}.${i & 255}.0.1:443`),
    )
    const scan = judge(fresh, onDay(1, many))
    expect(scan.learned.length).toBeLessThanOrEqual(2_001)
    expect(judge(scan.state, onDay(9, [connect(INTERNET)])).findings).toEqual([])
  })
})
