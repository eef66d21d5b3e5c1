import { describe, expect, it } from 'vitest'
import { judge } from '../../../daemon/judge/judge.ts'
import type { Peer } from '../../../daemon/judge/peer.ts'
import type { InstanceId } from '../../../shared/model/ids.ts'
import { connect, fresh, inputFor, instanceA } from './build.ts'

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
