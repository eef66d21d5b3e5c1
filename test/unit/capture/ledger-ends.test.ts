import { describe, expect, it } from 'vitest'
import { createLedger } from '../../../daemon/capture/sock-diag/ledger.ts'
import { at, end, heldBy, holder, row } from './ledger-rows.ts'

describe('the ledger, of ends', () => {
  it('counts nothing anew that waits on under the same cookie after its end', () => {
    const ledger = createLedger()
    ledger.fold([row(1), row(2)], at(0, false))
    ledger.resolve(heldBy(1_001))
    ledger.destroyed([row(1), row(2)], { at: 100, suspected: true })
    expect(ledger.take().others).toEqual({ foreign: 1, unknown: 0 })
    const waiting = [1, 2].map((cookie) => row(cookie, { state: 'time-wait', inode: null }))
    // Others come and go meanwhile, so that the ends of the two are no longer remembered.
    for (const [i, ms] of [15_000, 30_000, 45_000].entries()) {
      expect(ledger.isSettled(1, 0)).toBe(true)
      ledger.isSettled(2, 0)
      ledger.fold([row(10 + i)], at(ms, false))
      ledger.resolve(new Map())
      ledger.destroyed([row(10 + i)], { at: ms, suspected: false })
    }
    ledger.take()
    ledger.fold(waiting, at(50_000))
    for (let i = 0; i < 8; i += 1) ledger.fold([], at(60_000 + i))
    expect(ledger.take()).toEqual({ rows: [], others: { foreign: 0, unknown: 0 } })
    expect(ledger.isSettled(1, 0)).toBe(false)
  })

  it('takes closing time and final bytes from the kernel, not 0 where it lost them', () => {
    const ledger = createLedger()
    ledger.fold([row(1), row(2)], at(100))
    ledger.resolve(heldBy(1_001, 1_002))
    ledger.setBytes('1', { sent: 5, received: 6 })
    ledger.setBytes('2', { sent: 5, received: 6 })
    ledger.destroyed([row(1, { bytes: { sent: 50, received: 60 } }), row(2, { remote: null })], {
      at: 250,
      suspected: false,
    })
    expect(ledger.take().rows).toMatchObject([
      { cookie: '1', endedAt: 250, bytes: { sent: 50, received: 60 } },
      { cookie: '2', endedAt: 250, bytes: null, remote: end(443, '203.0.113.9') },
    ])
  })

  it.each([true, false])(
    'takes one that waits (TIME_WAIT) for ended; ends are told: %s',
    (told) => {
      const ledger = createLedger()
      ledger.fold([row(1)], { ...at(0), endsAreTold: told })
      ledger.resolve(heldBy(1_001))
      const waiting = row(1, { state: 'time-wait', inode: null })
      ledger.fold([waiting], { ...at(50), endsAreTold: told })
      if (told) ledger.destroyed([row(1)], { at: 50, suspected: true })
      expect(ledger.take()).toMatchObject({
        rows: [{ cookie: '1', state: 'established', holders: [holder], endedAt: 50 }],
        others: { foreign: 0, unknown: 0 },
      })
      ledger.isSettled(1, 0)
      ledger.fold([waiting], { ...at(60), endsAreTold: told })
      ledger.fold([], { ...at(60_000), endsAreTold: told })
      expect(ledger.take()).toEqual({ rows: [], others: { foreign: 0, unknown: 0 } })
    },
  )

  it('calls nothing foreign that was closed before the second look', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(0))
    ledger.resolve(new Map())
    ledger.fold([row(1, { state: 'closing', inode: null })], at(20))
    expect(ledger.unresolved().size).toBe(0)
    ledger.resolve(new Map())
    ledger.destroyed([row(1, { inode: null })], { at: 30, suspected: false })
    expect(ledger.take().others).toEqual({ foreign: 0, unknown: 1 })
  })

  it('counts an end once that a sample showed before the kernel told of it', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(0))
    ledger.resolve(new Map())
    ledger.fold([], at(100))
    ledger.destroyed([row(1)], { at: 110, suspected: true })
    expect(ledger.take().others).toEqual({ foreign: 0, unknown: 1 })
  })

  it('waits for the bytes of a connection that a sample lacks, where ends are told', () => {
    const ledger = createLedger()
    const told = (ms: number) => ({ ...at(ms), endsAreTold: true })
    ledger.fold([row(1), row(2)], told(0))
    ledger.resolve(heldBy(1_001, 1_002))
    ledger.fold([], told(100))
    expect(ledger.hasEnded()).toBe(false)
    ledger.destroyed([row(1, { bytes: { sent: 5, received: 6 } })], { at: 110, suspected: true })
    // Of the other one nothing is told: a later sample ends it.
    ledger.fold([], told(150))
    expect(ledger.take().rows).toMatchObject([
      { cookie: '1', endedAt: 110, bytes: { sent: 5, received: 6 } },
      { cookie: '2' },
    ])
    ledger.fold([], told(200))
    expect(ledger.take()).toMatchObject({
      rows: [{ cookie: '2', endedAt: 100, bytes: null }],
      others: { foreign: 0, unknown: 0 },
    })
  })

  it('ends with the last sample what it lacks, waits or is nobody’s any more, told or not', () => {
    const ledger = createLedger()
    const told = (ms: number) => ({ ...at(ms), endsAreTold: true })
    ledger.fold([row(1), row(2), row(3), row(4)], told(0))
    ledger.resolve(heldBy(1_001, 1_002, 1_003, 1_004))
    const gone = { inode: null } as const
    const rows = [
      row(2, { state: 'time-wait', ...gone }),
      row(3, { state: 'closing', ...gone }),
      row(4, { state: 'closing' }),
    ]
    ledger.fold(rows, { ...told(10), isLast: true })
    expect(ledger.take().rows.map(({ cookie, endedAt }) => [cookie, endedAt])).toEqual([
      ['1', 10],
      ['2', 10],
      ['3', 10],
      ['4', undefined],
    ])
  })

  it('counts an end once that is told only some samples after one lacked it', () => {
    const ledger = createLedger()
    const here = row(1, { local: end(40_000), remote: end(443) })
    const there = row(2, { local: end(443), remote: end(40_000) })
    ledger.fold([here, there], at(0))
    ledger.resolve(heldBy(1_001))
    for (const ms of [20, 40, 60]) ledger.fold([here], at(ms))
    ledger.destroyed([there], { at: 70, suspected: true })
    expect(ledger.take().others).toEqual({ foreign: 0, unknown: 0 })
  })
})
