/** One finding by the beginning of its id, from a real database and through the API. */
import { describe, expect, it } from 'vitest'
import { findingDetailSchema } from '../../shared/contract/finding-detail.ts'
import { findingId } from '../../shared/model/ids.ts'
import { closed, finding, instance, judged, record, T0, tick } from '../unit/store/ticks.ts'
import { recorded } from './query-archive.ts'

const files = record('files')
const other = record('other')
const told = finding(files)
const hidden = finding(files, {
  id: findingId('unreadable-server', files.server.id, 'x'),
  kind: 'unreadable-server',
  destination: null,
})

function seen() {
  const it = recorded()
  const own = instance(100, [files])
  const foreign = instance(200, [other])
  const first = judged(own, 1)
  const elsewhere = judged(own, 2, {
    connection: { remote: { address: '203.0.113.11', port: 443, zone: null } },
  })
  const doubtful = judged(own, 4, {
    verdict: 'unknown',
    reason: 'process-unreadable',
    connection: {
      remote: { address: '203.0.113.12', port: 80, zone: null },
      owner: null,
      firstSeen: T0 + 1,
    },
  })
  it.commit(
    tick(T0, {
      servers: [files, other],
      instances: [own, foreign],
      opened: [first, elsewhere, judged(foreign, 3), doubtful],
      findings: [told, hidden],
    }),
    tick(T0 + 2_000, { closed: [closed(first, T0 + 2_000)] }),
    tick(T0 + 3_000, {
      opened: [judged(own, 5, { connection: { firstSeen: T0 + 3_000, lastSeen: T0 + 3_000 } })],
    }),
  )
  return it
}

it('tells the newest finding of each server', () => {
  const it = seen()
  const older = finding(other, { firstSeen: T0, lastSeen: T0 + 4_000 })
  const newer = finding(other, {
    id: findingId('new-destination', other.server.id, 'x'),
    firstSeen: T0 + 1_000,
    lastSeen: T0 + 4_000,
  })
  const again = { ...told, lastSeen: T0 + 4_000, count: 2 }
  it.commit(tick(T0 + 4_000, { findings: [newer, older, again] }))
  const last = it.ask((archive) => archive.lastFindings())
  expect(new Map(last.map(({ server, id }) => [server, id]))).toEqual(
    new Map([
      ['files', told.id],
      ['other', newer.id],
    ]),
  )
})

describe('one finding', () => {
  it('comes with the connections of its server to its destination, open ones first', () => {
    const answer = seen().ask((archive) => archive.finding(told.id.slice(0, 6)))
    expect(findingDetailSchema.parse(answer)).toEqual(answer)
    expect(answer.finding.id).toBe(told.id)
    expect(answer.server).toMatchObject({ name: 'files', expectation: 'local-only' })
    expect(answer.connections.map(({ address, closedAt }) => [address, closedAt])).toEqual([
      ['203.0.113.10', null],
      ['203.0.113.10', new Date(T0 + 2_000).toISOString()],
    ])
    expect(answer.connections[0]?.owner).toEqual({
      pid: 100,
      role: 'server',
      executable: '/usr/bin/node',
    })
  })

  it('without destination comes with the connections whose owner could not be told', () => {
    const answer = seen().ask((archive) => archive.finding(hidden.id))
    expect(answer.connections.map(({ address, owner }) => [address, owner])).toEqual([
      ['203.0.113.12', null],
    ])
  })

  it('of a raw socket has no connection that speaks for it', () => {
    const it = seen()
    const id = findingId('raw-socket', files.server.id, 'packet /usr/bin/node')
    it.commit(
      tick(T0 + 4_000, {
        findings: [finding(files, { id, kind: 'raw-socket', destination: null })],
      }),
    )
    const answer = it.ask((archive) => archive.finding(id))
    expect(findingDetailSchema.parse(answer)).toEqual(answer)
    expect([answer.finding.kind, answer.connections]).toEqual(['raw-socket', []])
  })

  it('is not guessed at: none or several is an error that says which', () => {
    const it = seen()
    const wrong = (prefix: string) => () => it.ask((archive) => archive.finding(prefix))
    expect(wrong('0123456789abcdef')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FINDING', exitCode: 2 }),
    )
    const many = recorded()
    const ids = ['ab00000000000001', 'ab00000000000002'] as const
    many.commit(
      tick(T0, {
        servers: [files],
        findings: ids.map((id) => finding(files, { id: id as typeof told.id })),
      }),
    )
    expect(() => many.ask((archive) => archive.finding('ab'))).toThrow(
      expect.objectContaining({ hint: `they are ${ids.join(', ')}` }),
    )
    expect(many.ask((archive) => archive.finding('AB00000000000002')).finding.id).toBe(ids[1])
  })
})
