/** Findings about what nothing declares and what nobody uses. */
import { describe, expect, it } from 'vitest'
import {
  initialJudgement,
  type JudgeInput,
  type JudgeState,
  judge,
} from '../../../daemon/judge/judge.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { FindingId, ServerId } from '../../../shared/model/ids.ts'
import type { Finding } from '../../../shared/model/judgement.ts'
import { connect, fresh, inputFor, instanceA, noMemory } from './build.ts'

const INTERNET = '203.0.113.9:443'
const kindsOf = ({ findings }: ReturnType<typeof judge>): string[] =>
  findings.map(({ kind, severity, count }) => `${kind} ${severity} ${count}`)
const withInstance = (instance: Instance): Partial<JudgeInput> => ({
  instances: new Map([[instance.id, instance]]),
})

describe('unconfigured-server', () => {
  const unconfigured = { client: 'cursor', name: 'notes-mcp', package: null }
  const named = instanceA({ unconfigured, reasons: ['protocol-name'], quality: 'unconfigured' })
  const known = { ...named, reasons: ['known-package'] as const }
  const at = (state: JudgeState, time: number, instance = named) =>
    judge(state, inputFor('open', [], { ...withInstance(instance), at: time }))

  it('is told once it ran for ten seconds, and once', () => {
    const first = at(fresh, 1_000)
    const later = at(first.state, 10_999)
    expect([...first.findings, ...later.findings]).toEqual([])
    const due = at(later.state, 11_000)
    expect(kindsOf(due)).toEqual(['unconfigured-server medium 1'])
    expect(due.findings[0]?.explanation).toContain('no configuration file that mcp-watch reads')
    expect(due.findings[0]?.explanation).toContain('process 20')
    expect(at(due.state, 60_000).findings).toEqual([])
  })

  it('weighs less where the package is known', () => {
    expect(kindsOf(at(at(fresh, 0, known).state, 20_000, known))).toEqual([
      'unconfigured-server low 1',
    ])
  })

  it('is not told of one that an entry appeared for, nor of an own run, nor again after a restart', () => {
    const first = at(fresh, 1_000)
    expect(at(first.state, 30_000, instanceA()).findings).toEqual([])
    const own = { ...named, judged: false }
    expect(at(at(fresh, 0, own).state, 30_000, own).findings).toEqual([])
    const { findings } = at(first.state, 30_000)
    const openInstances = [{ id: named.id, serverIds: named.serverIds }]
    const restarted = initialJudgement({ ...noMemory, findings, openInstances })
    expect(at(restarted, 90_000).findings).toEqual([])
  })

  it('is not told of ever more names', () => {
    const { findings } = at(at(fresh, 0).state, 20_000)
    const told = Array.from({ length: 200 }, (_, n) => ({
      ...findings[0],
      id: `f${n}` as FindingId,
      serverId: `s${n}` as ServerId,
    })) as Finding[]
    const full = initialJudgement({ ...noMemory, findings: told })
    expect(at(at(full, 0).state, 20_000).findings).toEqual([])
    const almost = initialJudgement({ ...noMemory, findings: told.slice(1) })
    expect(at(at(almost, 0).state, 20_000).findings).toHaveLength(1)
  })

  it('waits anew when the clock was set back', () => {
    const back = at(at(fresh, 100_000).state, 5_000)
    expect(at(back.state, 14_999).findings).toEqual([])
    expect(at(back.state, 15_000).findings).toHaveLength(1)
  })
})

describe('orphan-egress', () => {
  const orphan = instanceA({ orphaned: true })
  const stateWith = (instance: Instance) =>
    judge(fresh, inputFor('open', [], withInstance(instance))).state
  const go = (to: string, over: Parameters<typeof connect>[1] = {}, instance = orphan) =>
    judge(stateWith(instance), inputFor('open', [connect(to, over)], withInstance(instance)))

  it('is a new connection of a server that had no client before, wherever it may go', () => {
    const told = go(INTERNET)
    expect(kindsOf(told)).toEqual(['orphan-egress medium 1'])
    expect(told.findings[0]).toMatchObject({ destination: { address: '203.0.113.9', port: 443 } })
    expect(told.findings[0]?.explanation).toContain('kill 20')
    const more = [connect(INTERNET), connect('198.51.100.7:443')]
    const again = judge(
      told.state,
      inputFor('open', more, { ...withInstance(orphan), opened: more.slice(1) }),
    )
    expect(kindsOf(again)).toEqual(['orphan-egress medium 2'])
    expect(again.findings[0]?.id).toBe(told.findings[0]?.id)
  })

  it.each([
    ['192.168.1.9:80', ['orphan-egress low 1']],
    ['127.0.0.1:80', []],
    ['169.254.7.7:80', []],
    ['224.0.0.251:5353', []],
  ])('weighs by distance: %s', (to, kinds) => {
    expect(kindsOf(go(to))).toEqual(kinds)
  })

  it('weighs less as an attempt, and more once it gets through', () => {
    const tried = go(INTERNET, { outcome: 'refused' })
    expect(kindsOf(tried)).toEqual(['orphan-egress low 1'])
    const through = [connect('203.0.113.10:443')]
    const next = judge(tried.state, inputFor('open', through, withInstance(orphan)))
    expect(kindsOf(next)).toEqual(['orphan-egress medium 2'])
    expect(next.findings[0]?.attempted).toBe(false)
  })

  it('is not what was opened before, by a server with a client, a service on a port, or an own run', () => {
    const open = [connect(INTERNET)]
    const first = judge(fresh, inputFor('open', open, withInstance(orphan)))
    expect(kindsOf(first)).toEqual([])
    expect(kindsOf(go(INTERNET, {}, instanceA()))).toEqual([])
    expect(kindsOf(go(INTERNET, {}, { ...orphan, quality: 'listener' }))).toEqual([])
    expect(kindsOf(go(INTERNET, {}, { ...orphan, judged: false }))).toEqual([])
    expect(kindsOf(go(INTERNET, { inherited: true }))).toEqual([])
    expect(kindsOf(go(INTERNET, { direction: 'inbound' }))).toEqual([])
    const lost = judge(stateWith(instanceA()), inputFor('open', open, withInstance(orphan)))
    expect(kindsOf(lost)).toEqual([])
  })
})
