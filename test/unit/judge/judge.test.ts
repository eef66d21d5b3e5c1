import { describe, expect, it } from 'vitest'
import { initialJudgement, type JudgeInput, judge } from '../../../daemon/judge/judge.ts'
import type { Peer } from '../../../daemon/judge/peer.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { RegistryAnswer } from '../../../shared/model/host.ts'
import type { ConnectionId, InstanceId, ServerId } from '../../../shared/model/ids.ts'
import { end } from '../connections/build.ts'
import { connect, fresh, inputFor, instanceA, noMemory, recordOf } from './build.ts'

const INTERNET = '203.0.113.9:443'
const verdictOf = (...args: Parameters<typeof inputFor>) => {
  const { open, findings } = judge(fresh, inputFor(...args))
  const { verdict, reason, trafficClass, relayed } = open[0] ?? {}
  return { verdict, reason, trafficClass, relayed, findings: findings.length }
}

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

describe('judge: launchers', () => {
  const fetching = connect(INTERNET, {}, 'launcher')
  const answer = (registry: RegistryAnswer) => ({ registryOf: () => registry })
  const endpoint = { host: 'registry.test', address: '203.0.113.9', port: 443 }
  const known = answer({ kind: 'known', endpoints: [endpoint] })

  it('expects the registry of a launcher, and of nobody else', () => {
    const { open, findings } = judge(fresh, inputFor('local-only', [fetching], known))
    expect(findings).toEqual([])
    expect(open[0]).toMatchObject({
      verdict: 'expected',
      reason: 'registry',
      trafficClass: 'launcher',
      names: [{ name: 'registry.test', source: 'registry' }],
    })
    for (const role of ['server', 'child', 'install'] as const) {
      const other = verdictOf('local-only', [connect(INTERNET, {}, role)], known)
      expect(other).toMatchObject({ verdict: 'unexpected', findings: 1 })
      expect(other.trafficClass).toBe(role === 'install' ? 'install' : 'server')
    }
  })

  it('judges whatever else a launcher does, another port of the registry too', () => {
    const elsewhere = answer({ kind: 'known', endpoints: [{ ...endpoint, port: 444 }] })
    const told = verdictOf('local-only', [fetching], elsewhere)
    expect(told).toMatchObject({ verdict: 'unexpected', trafficClass: 'server', findings: 1 })
  })

  it('waits while the registry is not known, and then says so', () => {
    const waiting = judge(fresh, inputFor('local-only', [fetching], answer({ kind: 'pending' })))
    expect(waiting.open[0]).toMatchObject({ verdict: 'unknown', reason: 'registry-not-known' })
    expect(waiting.findings).toEqual([])
    const none = answer({ kind: 'known', endpoints: [] })
    const later = judge(waiting.state, inputFor('local-only', [fetching], { ...none, opened: [] }))
    expect(later.updated[0]?.verdict).toBe('unexpected')
    expect(later.findings).toHaveLength(1)
  })

  it('does not take an accusation back when the registry is forgotten', () => {
    const none = answer({ kind: 'known', endpoints: [] })
    const first = judge(fresh, inputFor('local-only', [fetching], none))
    const pending = { ...answer({ kind: 'pending' }), opened: [] }
    expect(judge(first.state, inputFor('local-only', [fetching], pending)).updated).toEqual([])
  })

  it('judges a closed one when the registry is known', () => {
    const waiting = judge(fresh, inputFor('local-only', [fetching], answer({ kind: 'pending' })))
    const over: Connection = { ...fetching, closedAt: 2500 }
    const pending = answer({ kind: 'pending' })
    const gone = judge(waiting.state, inputFor('local-only', [], { ...pending, closed: [over] }))
    const told = judge(gone.state, inputFor('local-only', [], known))
    expect(told.updated).toMatchObject([{ reason: 'registry', connection: { closedAt: 2500 } }])
    expect(judge(told.state, inputFor('local-only', [], known)).updated).toEqual([])
  })

  it('keeps the judgement when the registry has moved to other addresses', () => {
    const first = judge(fresh, inputFor('local-only', [fetching], known))
    const moved = answer({ kind: 'known', endpoints: [] })
    const later = judge(first.state, inputFor('local-only', [fetching], { ...moved, opened: [] }))
    expect(later.open[0]?.reason).toBe('registry')
    expect([later.updated, later.findings]).toEqual([[], []])
  })
})

describe('judge: loopback peers', () => {
  const local = connect('127.0.0.1:5432')
  const process = (over: Partial<Extract<Peer, { kind: 'process' }>> = {}): Peer => ({
    kind: 'process',
    pid: 9,
    name: 'postgres',
    instance: null,
    connectsOut: false,
    ...over,
  })
  const told = (peer: Peer, connection = local) =>
    judge(fresh, inputFor('local-only', [connection], { peerOf: () => peer })).open[0]

  it('names the listener, without what it could do to a terminal', () => {
    expect(told(process({ name: 'post\u001b[2Jgres' }))).toMatchObject({
      verdict: 'expected',
      names: [{ name: 'postgres', source: 'listener' }],
    })
  })

  it('never expects what passes traffic on', () => {
    const relayed = { verdict: 'unknown', reason: 'relayed', relayed: true }
    expect(told(process({ connectsOut: true }))).toMatchObject(relayed)
    expect(told(process(), connect('127.0.0.1:3128'))).toMatchObject(relayed)
    const other = 'b' as InstanceId
    const server = (judged: boolean) =>
      judge(
        fresh,
        inputFor('local-only', [local], {
          peerOf: () => process({ connectsOut: true, instance: other }),
          instances: new Map([instanceA(), instanceA({ id: other, judged })].map((i) => [i.id, i])),
        }),
      ).open[0]
    expect(server(true)?.verdict).toBe('expected')
    expect(server(false)).toMatchObject(relayed)
  })

  it('does not trust a relay again for being idle', () => {
    const peers = { peerOf: () => process({ connectsOut: true }) }
    const first = judge(fresh, inputFor('local-only', [local], peers))
    const idle = { peerOf: () => process(), opened: [] }
    expect(judge(first.state, inputFor('local-only', [local], idle)).open[0]?.relayed).toBe(true)
  })

  it('says when it cannot see who answers', () => {
    expect(told({ kind: 'unreadable' })?.reason).toBe('peer-not-observable')
    expect(told({ kind: 'pending' })?.verdict).toBe('unknown')
    expect(told({ kind: 'none' })?.reason).toBe('peer-not-observable')
    const refused = connect('127.0.0.1:5432', { outcome: 'unknown' })
    expect(told({ kind: 'none' }, refused)?.verdict).toBe('expected')
  })

  it('keeps what it knew when the listener is gone', () => {
    const first = judge(fresh, inputFor('local-only', [local], { peerOf: () => process() }))
    const later = judge(first.state, inputFor('local-only', [local], { opened: [] }))
    expect(later.open[0]?.verdict).toBe('expected')
    expect(later.updated).toEqual([])
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

describe('judge: findings', () => {
  it('weighs by scope, and a datagram never seen sent little', () => {
    const severity = (to: string, over: Partial<Connection> = {}) =>
      judge(fresh, inputFor('local-only', [connect(to, over)])).findings[0]?.severity
    expect(severity(INTERNET)).toBe('high')
    expect(severity('169.254.169.254:80')).toBe('high')
    expect(severity('10.0.0.1:80')).toBe('medium')
    expect(severity('[fe80::1]:80')).toBe('low')
    expect(severity('224.0.0.251:5353')).toBe('low')
    expect(severity(INTERNET, { protocol: 'udp', outcome: 'addressed' })).toBe('low')
  })

  it('counts connections, tells each once, and its end', () => {
    const one = connect(INTERNET)
    const two = connect(INTERNET, { id: 'c2' as ConnectionId, firstSeen: 3000, lastSeen: 3000 })
    const first = judge(fresh, inputFor('local-only', [one]))
    const idle = judge(first.state, inputFor('local-only', [{ ...one, lastSeen: 2500 }]))
    expect(idle.findings).toEqual([])
    const second = judge(idle.state, inputFor('local-only', [one, two]))
    expect(second.findings).toMatchObject([{ count: 2, firstSeen: 1000, lastSeen: 3000 }])
    expect(second.findings[0]?.id).toBe(first.findings[0]?.id)
    const over = { ...two, lastSeen: 9000, closedAt: 9500 }
    const end = judge(second.state, inputFor('local-only', [], { closed: [over] }))
    expect(end.findings).toMatchObject([{ count: 2, lastSeen: 9000 }])
    const died = { closed: [over], instances: new Map() }
    expect(judge(second.state, inputFor('local-only', [], died)).findings).toMatchObject([
      { count: 2, lastSeen: 9000 },
    ])
  })

  it('repeats nothing after a restart', () => {
    const first = judge(fresh, inputFor('local-only', [connect(INTERNET)]))
    const again = initialJudgement({
      ...noMemory,
      openConnections: first.open,
      findings: first.findings,
    })
    const opened = { opened: [] }
    const after = judge(again, inputFor('local-only', [connect(INTERNET)], opened))
    expect([after.findings, after.updated]).toEqual([[], []])
  })

  it('raises the severity, never lowers it', () => {
    const udp = { protocol: 'udp' as const }
    const low = judge(
      fresh,
      inputFor('local-only', [connect(INTERNET, { ...udp, outcome: 'addressed' })]),
    )
    const seen = connect(INTERNET, { ...udp, outcome: 'established' })
    const high = judge(low.state, inputFor('local-only', [seen]))
    expect(high.findings).toMatchObject([{ severity: 'high', count: 1 }])
    const back = judge(high.state, inputFor('local-only', [{ ...seen, outcome: 'addressed' }]))
    expect(back.findings).toEqual([])
  })

  it('folds the destinations of a scan into one finding', () => {
    const many = Array.from({ length: 260 }, (_, i) => connect(`203.0.113.9:${1000 + i}`))
    const { findings } = judge(fresh, inputFor('local-only', many))
    expect(findings).toHaveLength(201)
    expect(findings.at(-1)).toMatchObject({ destination: null, count: 60, severity: 'high' })
  })

  it('explains in one clean paragraph', () => {
    const record = recordOf('server-a', 'local-only')
    const server = { ...record.server, name: 'me\u001b]0;x\u0007mo\nry' }
    const records = new Map([[server.id, { ...record, server }]])
    const owner = connect(INTERNET).owner
    const evil = owner === null ? null : { ...owner, executable: '/tmp/\u202Enode\r' }
    const open = [connect(INTERNET, { owner: evil })]
    const text = judge(fresh, inputFor('local-only', open, { records })).findings[0]?.explanation
    expect(text).toContain('The server "memo ry" of cursor should stay on this machine')
    expect(text).toContain('process 20 (node) connected over TCP to 203.0.113.9 port 443')
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text).not.toContain('/tmp')
  })

  it('accuses servers that cannot be told apart only of what none of them may do', () => {
    const pair = instanceA({
      serverIds: [recordOf('server-a', 'open').server.id, recordOf('server-b', 'open').server.id],
    })
    const instances = new Map([[pair.id, pair]])
    const held = (b: 'open' | 'local-only') => {
      const known = [recordOf('server-a', 'local-only'), recordOf('server-b', b)]
      const records = new Map(known.map((record) => [record.server.id, record]))
      return judge(fresh, inputFor('open', [connect(INTERNET)], { instances, records }))
    }
    expect(held('open').findings).toEqual([])
    expect(held('open').open[0]?.serverId).toBe('server-b')
    expect(held('local-only').findings[0]?.explanation).toContain(
      'One of the servers "server-a" of cursor, "server-b" of cursor',
    )
  })

  it('names all of those in a finding until one of them is seen to do the same', () => {
    const records = new Map(
      ['server-a', 'server-b'].map((name) => {
        const record = recordOf(name, 'local-only')
        return [record.server.id, record]
      }),
    )
    const [a, b] = [...records.keys()]
    if (a === undefined || b === undefined) throw new Error('no servers')
    const seen = (serverIds: readonly [ServerId, ...ServerId[]], name: string): JudgeInput => {
      const instance = instanceA({ serverIds })
      const open = [connect(INTERNET, { id: name as ConnectionId })]
      return inputFor('open', open, { instances: new Map([[instance.id, instance]]), records })
    }
    const first = judge(fresh, seen([a, b], '1'))
    expect(first.findings).toMatchObject([{ serverId: a, oneOf: [a, b], count: 1 }])
    const again = judge(first.state, seen([a, b], '2'))
    expect(again.findings).toMatchObject([{ oneOf: [a, b], count: 2 }])
    const certain = judge(again.state, seen([a], '3')).findings
    expect(certain).toMatchObject([{ id: first.findings[0]?.id, serverId: a, count: 3 }])
    expect(certain[0]).not.toHaveProperty('oneOf')
  })
})
