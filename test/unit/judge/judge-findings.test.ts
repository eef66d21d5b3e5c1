import { describe, expect, it } from 'vitest'
import { initialJudgement, type JudgeInput, judge } from '../../../daemon/judge/judge.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { ConnectionId, ServerId } from '../../../shared/model/ids.ts'
import { connect, fresh, inputFor, instanceA, noMemory, recordOf } from './build.ts'
import { INTERNET } from './verdict.ts'

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
