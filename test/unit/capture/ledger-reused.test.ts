import { describe, expect, it } from 'vitest'
import { createLedger } from '../../../daemon/capture/sock-diag/ledger.ts'
import { at, end, heldBy, holder, row } from './ledger-rows.ts'

describe('the ledger, of what is used again', () => {
  it('counts a connection that was given the port of one that ended a moment ago', () => {
    const ledger = createLedger()
    for (const cookie of [1, 2, 3]) {
      const again = row(cookie, { local: end(40_000) })
      ledger.destroyed([again], { at: 100 * cookie, suspected: false })
    }
    expect(ledger.take().others).toEqual({ foreign: 3, unknown: 0 })
  })

  it('takes a UDP socket that is connected elsewhere for another connection', () => {
    const ledger = createLedger()
    const udp = row(1, { protocol: 'udp', state: 'connected' })
    ledger.fold([udp], at(100))
    ledger.resolve(heldBy(1_001))
    ledger.fold([{ ...udp, remote: end(53, '203.0.113.10') }], at(200))
    ledger.resolve(heldBy(1_001))
    expect(ledger.take().rows).toMatchObject([
      { endedAt: 200, remote: end(443, '203.0.113.9') },
      { firstSeen: 200, remote: end(53, '203.0.113.10') },
    ])
  })

  it.each([
    ['to somebody else', { local: end(40_001), remote: end(443, '203.0.113.10') }],
    ['to the same once more', { local: end(50_000) }],
    ['as a listener', { state: 'listen', remote: null }],
  ] as const)(
    'takes a TCP socket that is used again (connect(2), AF_UNSPEC) for another: %s',
    (_how, again) => {
      const ledger = createLedger()
      ledger.fold([row(1)], at(100))
      ledger.resolve(heldBy(1_001))
      ledger.setBytes('1', { sent: 5, received: 6 })
      ledger.fold([row(1, again)], at(200))
      ledger.resolve(heldBy(1_001))
      expect(ledger.take().rows).toMatchObject([
        { local: row(1).local, endedAt: 200, remote: row(1).remote, bytes: null },
        { holders: [holder], firstSeen: 200, remote: row(1, again).remote, bytes: null },
      ])
    },
  )

  it('finds a socket again that had no connection for a while, and was taken for ended', () => {
    const ledger = createLedger()
    const told = (ms: number) => ({ ...at(ms), endsAreTold: true })
    ledger.fold([row(1, { state: 'syn-sent' })], told(0))
    ledger.resolve(heldBy(1_001))
    // Refused: the kernel lists no socket that is closed, though it is still held.
    ledger.fold([], told(100))
    ledger.fold([], told(200))
    expect(ledger.take().rows).toMatchObject([{ cookie: '1', endedAt: 100 }])
    expect(ledger.isSettled(1, 0)).toBe(false)
    ledger.fold([row(1, { local: end(50_000) })], told(300))
    ledger.resolve(heldBy(1_001))
    expect(ledger.take().rows).toMatchObject([
      { cookie: '1', holders: [holder], firstSeen: 300, local: end(50_000) },
    ])
  })
})
