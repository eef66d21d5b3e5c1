import { describe, expect, it } from 'vitest'
import { judge } from '../../../daemon/judge/judge.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { RegistryAnswer } from '../../../shared/model/host.ts'
import { connect, fresh, inputFor } from './build.ts'
import { INTERNET, verdictOf } from './verdict.ts'

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
