import { describe, expect, it } from 'vitest'
import { initialJudgement, judge } from '../../../daemon/judge/judge.ts'
import type { NameBook } from '../../../daemon/judge/names.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { HostRule } from '../../../shared/model/policy.ts'
import type { ServerRecord } from '../../../shared/model/tick.ts'
import { bookOf, connect, fresh, inputFor, instanceA, noMemory, recordOf } from './build.ts'

const API = '203.0.113.9:443'
const ELSEWHERE = '198.51.100.7:443'
const host = (name: string, port: number | null = null): HostRule => ({
  kind: 'host',
  host: name,
  port,
})
const below = (suffix: string): HostRule => ({ kind: 'suffix', suffix, port: null })
const range = (address: string, bits: number, port: number | null = null): HostRule => ({
  kind: 'cidr',
  address,
  bits,
  port,
})
const KNOWN = bookOf({ 'api.test': ['203.0.113.9'] })

function inputOf(
  open: readonly Connection[],
  over: Partial<ServerRecord>,
  names: NameBook = KNOWN,
): Parameters<typeof judge>[1] {
  const record = recordOf('server-a', 'rules', over)
  return inputFor('rules', open, { records: new Map([[record.server.id, record]]), names })
}

function told(rules: readonly HostRule[], to: string | Connection, names = KNOWN) {
  const connection = typeof to === 'string' ? connect(to) : to
  const { open, findings } = judge(fresh, inputOf([connection], { rules }, names))
  const { verdict, reason } = open[0] ?? {}
  return { verdict, reason, findings: findings.map(({ kind }) => kind) }
}

describe('judge: a list of hosts', () => {
  it('expects a listed host and names it, and accuses of any other once the names are known', () => {
    const { open } = judge(fresh, inputOf([connect(API)], { rules: [host('api.test', 443)] }))
    expect(open[0]).toMatchObject({
      verdict: 'expected',
      reason: 'declared',
      names: [{ name: 'api.test', source: 'expected-host', at: 1500 }],
    })
    expect(told([host('api.test')], ELSEWHERE)).toEqual({
      verdict: 'unexpected',
      reason: 'not-declared',
      findings: ['undeclared-destination'],
    })
    expect(told([host('api.test')], '127.0.0.1:1').verdict).not.toBe('unexpected')
  })

  it('needs no name for ranges, and none for a port that no name is listed with', () => {
    const pending = bookOf({ 'api.test': [] })
    expect(told([range('198.51.100.0', 24)], ELSEWHERE, pending).reason).toBe('declared')
    expect(told([range('198.51.100.0', 24, 80)], ELSEWHERE, pending).reason).toBe('not-declared')
    expect(told([host('api.test', 8443)], ELSEWHERE, pending).reason).toBe('not-declared')
  })

  it.each([
    ['name-not-known', 'pending', true],
    ['name-lookup-failed', 'failed', true],
    ['name-lookup-off', 'fresh', false],
  ] as const)('accuses nobody while a name is missing: %s', (reason, freshness, isOn) => {
    const book = bookOf({}, { freshness: () => freshness, isOn })
    expect(told([host('api.test')], ELSEWHERE, book)).toEqual({
      verdict: 'unknown',
      reason,
      findings: [],
    })
  })

  it('accuses nobody where the answers for a host differ', () => {
    const book = { ...KNOWN, varies: () => true }
    expect(told([host('api.test')], ELSEWHERE, book).reason).toBe('name-varies')
  })

  it('knows what lies below a domain only by other hosts that are known', () => {
    expect(told([below('test')], API).reason).toBe('declared')
    expect(told([below('test')], ELSEWHERE).reason).toBe('suffix-not-resolvable')
  })

  it('says that an address is of one of several hosts', () => {
    const shared = bookOf({ 'api.test': ['203.0.113.9'], 'cdn.test': ['203.0.113.9'] })
    const { open } = judge(
      fresh,
      inputOf([connect(API)], { rules: [host('api.test'), host('cdn.test')] }, shared),
    )
    expect(open[0]?.names.map(({ source }) => source)).toEqual(['one-of-hosts', 'one-of-hosts'])
  })

  it('lets a connection keep the name it was made to when the host has moved', () => {
    const rules = [host('api.test')]
    const first = judge(fresh, inputOf([connect(API)], { rules }))
    const moved = bookOf({ 'api.test': ['203.0.113.10'] })
    const later = judge(first.state, { ...inputOf([connect(API)], { rules }, moved), opened: [] })
    expect([later.open[0]?.reason, later.updated, later.findings]).toEqual(['declared', [], []])
    const memory = { ...noMemory, openConnections: first.open }
    const restarted = judge(initialJudgement(memory), {
      ...inputOf([connect(API)], { rules }, bookOf({ 'api.test': [] })),
      opened: [],
    })
    expect(restarted.updated).toEqual([])
  })

  it('keeps an accusation while a name is asked for again, and drops it when the user allows', () => {
    const rules = [host('api.test')]
    const first = judge(fresh, inputOf([connect(ELSEWHERE)], { rules }))
    const again = inputOf([connect(ELSEWHERE)], { rules }, bookOf({ 'api.test': [] }))
    expect(judge(first.state, { ...again, opened: [] }).updated).toEqual([])
    const wider = { rules: [...rules, range('198.51.100.7', 32)] }
    const allowed = judge(first.state, { ...inputOf([connect(ELSEWHERE)], wider), opened: [] })
    expect(allowed.updated.map(({ reason }) => reason)).toEqual(['declared'])
  })

  it('judges one that closed before the name was known when it is', () => {
    const rules = [host('api.test')]
    const pending = bookOf({ 'api.test': [] })
    const first = judge(fresh, inputOf([connect(ELSEWHERE)], { rules }, pending))
    const over = { ...connect(ELSEWHERE), closedAt: 1900 }
    const gone = judge(first.state, { ...inputOf([], { rules }, pending), closed: [over] })
    expect(gone.findings).toEqual([])
    const known = judge(gone.state, inputOf([], { rules }))
    expect(known.findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['undeclared-destination', 1],
    ])
  })

  it('asks the user about a server that goes where its settings point it', () => {
    const own = { expectation: 'lan' as const, setByUser: true }
    const { open, findings } = judge(fresh, inputOf([connect(ELSEWHERE)], own))
    expect(open[0]).toMatchObject({ verdict: 'unknown', reason: 'set-by-user' })
    expect(findings).toEqual([])
  })

  it('believes any of several servers that cannot be told apart', () => {
    const ids = ['server-a', 'server-b'].map((id) => recordOf(id, 'rules').server.id)
    const [a, b] = ids
    if (a === undefined || b === undefined) throw new Error('two servers')
    const pair = instanceA({ serverIds: [a, b] })
    const records = new Map([
      [a, recordOf('server-a', 'lan')],
      [b, recordOf('server-b', 'rules', { rules: [host('api.test')] })],
    ])
    const instances = new Map([[pair.id, pair]])
    const told = (to: string) =>
      judge(fresh, inputFor('rules', [connect(to)], { records, instances, names: KNOWN })).open[0]
    expect(told(API)?.reason).toBe('declared')
    expect(told('192.168.1.9:80')?.reason).toBe('local-network')
    expect(told(ELSEWHERE)?.reason).toBe('beyond-lan')
  })

  it('lets the user say that what listens on this machine is fine', () => {
    const relay = { peerOf: () => ({ kind: 'none' as const }) }
    const input = { ...inputOf([connect('127.0.0.1:3128')], { rules: [] }), ...relay }
    expect(judge(fresh, input).open[0]?.verdict).toBe('unknown')
    const rules = [range('127.0.0.1', 32, 3128)]
    const allowed = { ...inputOf([connect('127.0.0.1:3128')], { rules }), ...relay }
    expect(judge(fresh, allowed).open[0]).toMatchObject({ verdict: 'expected', reason: 'declared' })
  })
})

describe('judge: telemetry', () => {
  const telemetry = [host('api.test')]

  it('is a class of its own, allowed for what is known and not for what the user forbade', () => {
    const at = (over: Partial<ServerRecord>) =>
      judge(fresh, inputOf([connect(API)], { telemetry, ...over })).open[0]
    expect(at({ expectation: 'local-only' })).toMatchObject({
      verdict: 'expected',
      reason: 'known-telemetry',
      trafficClass: 'telemetry',
    })
    expect(at({ expectation: 'open' })?.trafficClass).toBe('telemetry')
    expect(at({ expectation: 'local-only', expectationSource: 'policy' })).toMatchObject({
      verdict: 'unexpected',
      reason: 'beyond-local',
      trafficClass: 'telemetry',
    })
  })

  it('waits for its name before a local server is accused', () => {
    const pending = bookOf({ 'api.test': [] })
    const over = { expectation: 'local-only' as const, telemetry }
    const { open, findings } = judge(fresh, inputOf([connect(API)], over, pending))
    expect([open[0]?.reason, findings]).toEqual(['name-not-known', []])
  })
})

describe('judge: the metadata service', () => {
  const METADATA = '169.254.169.254:80'

  it('is told of whatever the expectation, unless a rule names that very address', () => {
    for (const expectation of ['none', 'local-only', 'lan', 'rules', 'open'] as const) {
      const { findings } = judge(fresh, inputFor(expectation, [connect(METADATA)]))
      expect(findings).toMatchObject([{ kind: 'metadata-service', severity: 'high' }])
    }
    expect(told([range('169.254.0.0', 16)], METADATA).findings).toEqual(['metadata-service'])
    expect(told([range('169.254.169.254', 32)], METADATA).findings).toEqual([])
    const rebound = bookOf({ 'api.test': ['169.254.169.254'] })
    expect(told([host('api.test')], METADATA, rebound).findings).toEqual(['metadata-service'])
  })

  it('lets nobody through for calling it a registry', () => {
    const endpoint = { host: 'r.test', address: '169.254.169.254', port: 80 }
    const { findings } = judge(
      fresh,
      inputFor('open', [connect(METADATA, {}, 'launcher')], {
        registryOf: () => ({ kind: 'known', endpoints: [endpoint] }),
      }),
    )
    expect(findings.map(({ kind }) => kind)).toEqual(['metadata-service'])
  })
})
