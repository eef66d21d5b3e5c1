import { describe, expect, it } from 'vitest'
import { judge } from '../../../daemon/judge/judge.ts'
import { end } from '../connections/build.ts'
import { connect, fresh, inputFor, instanceA, recordOf } from './build.ts'
import { INTERNET, verdictOf } from './verdict.ts'

describe('judge: by reach', () => {
  it.each([
    ['local-only', INTERNET, 'unexpected', 'beyond-local', 1],
    ['local-only', '192.168.1.9:80', 'unexpected', 'beyond-local', 1],
    ['local-only', '192.168.1.5:80', 'expected', 'this-host', 0],
    ['local-only', '[::1]:80', 'expected', 'loopback', 0],
    ['none', '127.0.0.1:80', 'unexpected', 'beyond-local', 1],
    ['lan', '192.168.1.9:80', 'expected', 'local-network', 0],
    ['lan', INTERNET, 'unexpected', 'beyond-lan', 1],
    ['open', INTERNET, 'expected', 'open-expectation', 0],
    ['open', '169.254.169.254:80', 'unexpected', 'metadata-service', 1],
  ] as const)('%s to %s is %s (%s)', (expectation, to, verdict, reason, findings) => {
    const refused = connect(to, { outcome: 'unknown' })
    expect(verdictOf(expectation, [refused])).toMatchObject({ verdict, reason, findings })
  })

  it('accuses nobody of an inherited socket or of a run of the developer', () => {
    expect(verdictOf('local-only', [connect(INTERNET, { inherited: true })])).toMatchObject({
      verdict: 'unknown',
      reason: 'inherited',
      findings: 0,
    })
    const own = instanceA({ judged: false })
    const instances = new Map([[own.id, own]])
    expect(verdictOf('local-only', [connect(INTERNET)], { instances })).toMatchObject({
      verdict: 'unknown',
      reason: 'developer-run',
      findings: 0,
    })
  })

  it('lets children of a code runner go anywhere, the runner itself nowhere', () => {
    const runner = recordOf('server-a', 'local-only', { children: 'open' })
    const records = new Map([[runner.server.id, runner]])
    const child = connect(INTERNET, {}, 'child')
    expect(verdictOf('local-only', [child], { records }).verdict).toBe('expected')
    expect(verdictOf('local-only', [connect(INTERNET)], { records }).verdict).toBe('unexpected')
  })

  it('tells what comes in from afar at the local port', () => {
    const inbound = { direction: 'inbound' as const, local: end('192.168.1.5:8080') }
    expect(verdictOf('none', [connect('127.0.0.1:5', inbound)]).reason).toBe('inbound-local')
    const { findings } = judge(fresh, inputFor('local-only', [connect(INTERNET, inbound)]))
    expect(findings).toMatchObject([
      { severity: 'high', destination: { address: '203.0.113.9', port: 8080 } },
    ])
  })

  it('lists questions to a configured name server, and judges those to any other', () => {
    const ask = (to: string) => verdictOf('none', [connect(to, { protocol: 'udp' })])
    const dns = { verdict: 'expected', reason: 'nameserver', trafficClass: 'dns', findings: 0 }
    expect(ask('192.168.1.1:53')).toMatchObject(dns)
    expect(ask('127.0.0.53:53')).toMatchObject(dns)
    expect(ask('192.168.1.1:443')).toMatchObject({ verdict: 'unexpected', findings: 1 })
    expect(ask('203.0.113.53:53')).toMatchObject({ verdict: 'unexpected', findings: 1 })
    expect(ask('224.0.0.251:5353')).toMatchObject({ ...dns, reason: 'local-lookup' })
    expect(ask('224.0.0.250:5353')).toMatchObject({ verdict: 'unexpected', findings: 1 })
  })
})

describe('judge: instances that hide', () => {
  const hiding = { unreadable: new Set([instanceA().id]) }
  const candidate = connect(INTERNET, { owner: null })

  it('tells of the hiding once, not of the candidates', () => {
    const first = judge(fresh, inputFor('local-only', [candidate], hiding))
    expect(first.open[0]).toMatchObject({ verdict: 'unknown', reason: 'process-unreadable' })
    expect(first.findings).toMatchObject([
      { kind: 'unreadable-server', severity: 'medium', destination: null, count: 1 },
    ])
    expect(judge(first.state, inputFor('local-only', [candidate], hiding)).findings).toEqual([])
    expect(judge(fresh, inputFor('open', [candidate], hiding)).findings).toEqual([])
  })

  it('does not excuse what the readable processes do', () => {
    expect(verdictOf('local-only', [connect(INTERNET)], hiding).verdict).toBe('unexpected')
    const local = connect('127.0.0.1:1', { outcome: 'unknown' })
    expect(verdictOf('local-only', [local], hiding).reason).toBe('process-unreadable')
  })
})
