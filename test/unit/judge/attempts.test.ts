/** What only tried to get out, and what goes past all that is recorded. */
import { describe, expect, it } from 'vitest'
import { initialJudgement, judge } from '../../../daemon/judge/judge.ts'
import type { RawSighting } from '../../../daemon/judge/state.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import type { ConnectionId } from '../../../shared/model/ids.ts'
import type { Expectation } from '../../../shared/model/judgement.ts'
import type { Outcome } from '../../../shared/model/outcome.ts'
import { keyOf } from '../connections/build.ts'
import { connect, fresh, inputFor, instanceA, noMemory, recordOf } from './build.ts'

const INTERNET = '203.0.113.9:443'
const PRIVATE = '10.0.0.9:80'
const NEIGHBOUR = '169.254.3.3:80'
const METADATA = '169.254.169.254:80'
const FAILED = ['refused', 'timed-out', 'abandoned', 'no-route'] as const

const ended = (to: string, outcome: Outcome, n = 0, over: Partial<Connection> = {}): Connection =>
  connect(to, { id: `c ${to} ${n}` as ConnectionId, outcome, closedAt: 1500, ...over })

/** One that came and went between two looks. */
const past = (connection: Connection, expectation: Expectation = 'local-only') =>
  inputFor(expectation, [], { opened: [connection], closed: [connection] })

describe('an attempt that failed', () => {
  it.each(FAILED)('is one step milder when %s, and says that nothing came of it', (outcome) => {
    const told = [INTERNET, PRIVATE, NEIGHBOUR, METADATA].map((to) => {
      const [finding] = judge(fresh, past(ended(to, outcome))).findings
      return [finding?.severity, finding?.attempted]
    })
    expect(told).toEqual([
      ['medium', true],
      ['low', true],
      ['low', true],
      ['medium', true],
    ])
    const [finding] = judge(fresh, past(ended(INTERNET, outcome))).findings
    expect(finding?.explanation).toMatch(/tried to connect.*so nothing was (reached|sent)/)
    expect(finding?.explanation).not.toContain('can leave this way')
  })

  it('weighs in other kinds of findings too', () => {
    const kinds = (expectation: Expectation, connection: Connection) =>
      judge(fresh, past(connection, expectation)).findings.map(
        ({ kind, severity }) => `${kind} ${severity}`,
      )
    const script = connect(INTERNET, {}, 'install').owner
    const installing = ended(INTERNET, 'refused', 0, { owner: script })
    expect(kinds('local-only', installing)).toEqual(['install-time-egress low'])
    expect(kinds('lan', ended(INTERNET, 'refused'))).toEqual(['undeclared-destination medium'])
    expect(kinds('open', ended(METADATA, 'refused'))).toEqual(['metadata-service medium'])
  })

  it('is a finding of full weight once one gets through, told in other words', () => {
    const tried = judge(fresh, past(ended(INTERNET, 'refused')))
    const again = judge(tried.state, past(ended(INTERNET, 'timed-out', 1)))
    expect(again.findings).toMatchObject([{ severity: 'medium', attempted: true, count: 2 }])
    expect(again.findings[0]?.explanation).toBe(tried.findings[0]?.explanation)
    const through = judge(again.state, past(ended(INTERNET, 'established', 2)))
    expect(through.findings).toMatchObject([
      { id: tried.findings[0]?.id, severity: 'high', attempted: false, count: 3 },
    ])
    expect(through.findings[0]?.explanation).toContain('connected over TCP')
    const later = judge(through.state, past(ended(INTERNET, 'refused', 3)))
    expect(later.findings).toMatchObject([{ severity: 'high', attempted: false, count: 4 }])
    expect(later.findings[0]?.explanation).toBe(through.findings[0]?.explanation)
  })

  it('is told in other words also where it weighs the same', () => {
    const tried = judge(fresh, past(ended(NEIGHBOUR, 'refused')))
    const through = judge(tried.state, past(ended(NEIGHBOUR, 'established', 1)))
    expect(through.findings).toMatchObject([{ severity: 'low', attempted: false }])
    expect(through.findings[0]?.explanation).toContain('connected over TCP')
  })

  it('is remembered as one over a restart', () => {
    const { findings } = judge(fresh, past(ended(INTERNET, 'refused')))
    const restarted = initialJudgement({ ...noMemory, findings })
    const through = judge(restarted, past(ended(INTERNET, 'established', 1)))
    expect(through.findings).toMatchObject([{ severity: 'high', attempted: false, count: 2 }])
  })
})

describe('an attempt without answer yet', () => {
  const waiting = connect(INTERNET, { outcome: 'unknown' })
  const asked = judge(fresh, inputFor('local-only', [waiting]))

  it('is one step milder while it waits', () => {
    expect(asked.findings).toMatchObject([{ severity: 'medium', attempted: true, count: 1 }])
    expect(asked.findings[0]?.explanation).toContain('no answer had come by then')
  })

  it('weighs more from the moment it is answered, and is counted once', () => {
    const answered: Connection = { ...waiting, outcome: 'established' }
    const over = inputFor('local-only', [answered], { opened: [], updated: [answered] })
    expect(judge(asked.state, over).findings).toMatchObject([
      { severity: 'high', attempted: false, count: 1 },
    ])
  })

  it('stays as mild when it fails', () => {
    const closed: Connection = { ...waiting, outcome: 'timed-out', closedAt: 9000, lastSeen: 9000 }
    const over = judge(asked.state, inputFor('local-only', [], { closed: [closed] }))
    expect(over.findings).toMatchObject([{ severity: 'medium', attempted: true, count: 1 }])
  })

  it('weighs all there is when it ended unseen: it may have got through', () => {
    const closed: Connection = { ...waiting, closedAt: 9000, lastSeen: 9000 }
    const over = judge(asked.state, inputFor('local-only', [], { closed: [closed] }))
    expect(over.findings).toMatchObject([{ severity: 'high', attempted: false, count: 1 }])
  })
})

describe('an attempt whose instance went with it', () => {
  it('may have got through, for nobody saw how it ended', () => {
    const waiting = connect(INTERNET, { outcome: 'unknown' })
    const asked = judge(fresh, inputFor('local-only', [waiting]))
    const closed: Connection = { ...waiting, closedAt: 9000, lastSeen: 9000 }
    const gone = inputFor('local-only', [], { closed: [closed], instances: new Map() })
    expect(judge(asked.state, gone).findings).toMatchObject([
      { severity: 'high', attempted: false, count: 1, lastSeen: 9000 },
    ])
  })
})

describe('an attempt on this machine', () => {
  const verdictOf = (outcome: Outcome, to: string): unknown => {
    const peerOf = () => ({ kind: 'pending' }) as const
    const input = { ...past(ended(to, outcome)), peerOf }
    const [judged] = judge(fresh, input).closed
    return [judged?.verdict, judged?.reason]
  }

  it.each(FAILED)('that was %s told nobody anything, whoever may listen there', (outcome) => {
    expect(verdictOf(outcome, '127.0.0.1:5432')).toEqual(['expected', 'loopback'])
    expect(verdictOf(outcome, '127.0.0.1:3128')).toEqual(['expected', 'loopback'])
  })

  it('that got through may have told somebody who passes it on', () => {
    expect(verdictOf('established', '127.0.0.1:5432')).toEqual(['unknown', 'peer-not-observable'])
    expect(verdictOf('established', '127.0.0.1:3128')).toEqual(['unknown', 'relayed'])
  })

  it('is unexpected of a server that is to connect to nothing, and low', () => {
    const { findings } = judge(fresh, past(ended('127.0.0.1:5432', 'refused'), 'none'))
    expect(findings).toMatchObject([{ severity: 'low', attempted: true }])
  })

  it('has not left this machine where it got through: who listens there could send it on', () => {
    const { findings } = judge(fresh, past(ended('127.0.0.1:5432', 'established'), 'none'))
    expect(findings[0]?.explanation).toContain('What listens there can pass on')
    expect(findings[0]?.explanation).not.toContain('can leave this way')
  })
})

describe('a connected UDP socket that was not seen sending', () => {
  it.each([INTERNET, PRIVATE, METADATA])('is never more than low: %s', (to) => {
    const udp = connect(to, { protocol: 'udp', outcome: 'addressed' })
    const [finding] = judge(fresh, inputFor('none', [udp])).findings
    expect(finding).toMatchObject({ severity: 'low', attempted: false })
  })
})

describe('raw-socket', () => {
  const raw = (over: Partial<RawSighting> = {}, executable = '/usr/bin/ping'): RawSighting => ({
    instance: instanceA().id,
    owner: { process: keyOf(20), pid: 20, role: 'child', executable },
    family: 'ipv4',
    at: 1900,
    ...over,
  })
  const seeing = (expectation: Expectation, ...rawSockets: readonly RawSighting[]) =>
    inputFor(expectation, [], { rawSockets })

  it.each(['none', 'local-only', 'lan', 'rules', 'open'] as const)(
    'is medium whatever is expected: %s',
    (expectation) => {
      const { findings } = judge(fresh, seeing(expectation, raw()))
      expect(findings).toMatchObject([
        {
          kind: 'raw-socket',
          severity: 'medium',
          attempted: false,
          destination: null,
          process: { pid: 20, role: 'child', executable: '/usr/bin/ping' },
          firstSeen: 1900,
          count: 1,
        },
      ])
      expect(findings[0]?.explanation).toContain('(ping) made a raw socket for IPv4')
    },
  )

  it('is one a program and kind of socket, counted each time', () => {
    const first = judge(fresh, seeing('open', raw(), raw({ at: 1950 }), raw({ family: 'packet' })))
    expect(first.findings.map(({ count, lastSeen }) => [count, lastSeen])).toEqual([
      [2, 1950],
      [1, 1900],
    ])
    const next = judge(first.state, seeing('open', raw({ at: 2500 }), raw({}, '/opt/sniffer')))
    expect(next.findings.map(({ count }) => count)).toEqual([3, 1])
    expect(judge(next.state, seeing('open')).findings).toEqual([])
  })

  it('is bounded, however many programs do it', () => {
    const many = Array.from({ length: 300 }, (_, n) => raw({}, `/opt/p${n}`))
    const { findings } = judge(fresh, seeing('open', ...many))
    expect(findings).toHaveLength(201)
    expect(findings.at(-1)?.count).toBe(100)
  })

  it('is nothing of a run of the developer, or of an instance that is gone', () => {
    const own = instanceA({ judged: false })
    const input = seeing('open', raw())
    const record = recordOf('server-a', 'open')
    const records = new Map([[record.server.id, record]])
    expect(
      judge(fresh, { ...input, records, instances: new Map([[own.id, own]]) }).findings,
    ).toEqual([])
    expect(judge(fresh, { ...input, instances: new Map() }).findings).toEqual([])
  })
})
