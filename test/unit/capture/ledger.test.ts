import { describe, expect, it } from 'vitest'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import { createLedger } from '../../../daemon/capture/sock-diag/ledger.ts'
import type { Holder } from '../../../shared/model/observation.ts'

const end = (port: number, address = '127.0.0.1') => ({ address, port, zone: null })

function row(cookie: number, over: Partial<DiagRow> = {}): DiagRow {
  return {
    protocol: 'tcp',
    state: 'established',
    local: end(40_000 + cookie),
    remote: end(443, '203.0.113.9'),
    inode: 1_000 + cookie,
    uid: 1000,
    cookie: cookie.toString(16),
    cgroupId: null,
    bytes: null,
    ...over,
  }
}

const holder: Holder = { process: 'boot:7:1:0' as Holder['process'], pid: 7 }
const heldBy = (...inodes: number[]) => new Map(inodes.map((inode) => [inode, [holder]]))
const at = (ms: number, suspected = true, complete = true) => ({ at: ms, suspected, complete })

describe('the ledger', () => {
  it('tells what watched processes hold, and at its end once, with when it was first and last there', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100))
    expect([...ledger.unresolved()]).toEqual([1_001])
    expect(ledger.resolve(heldBy(1_001))).toEqual([holder])
    expect(ledger.take().rows).toMatchObject([
      { cookie: '1', holders: [holder], firstSeen: 100, bytes: null },
    ])
    ledger.fold([], at(300))
    expect(ledger.hasEnded()).toBe(true)
    expect(ledger.take()).toMatchObject({
      rows: [{ cookie: '1', firstSeen: 100, endedAt: 300 }],
      others: { foreign: 0, unknown: 0 },
    })
    expect(ledger.take().rows).toEqual([])
  })

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

  it('believes that nobody of ours holds a socket at the second look, or when nobody ran', () => {
    const ledger = createLedger()
    ledger.fold([row(1), row(2)], at(100))
    ledger.resolve(new Map())
    expect(ledger.unresolved().size).toBe(2)
    expect(ledger.isSecondLook()).toBe(true)
    expect(ledger.isSettled(1, 0)).toBe(false)
    ledger.resolve(new Map())
    expect(ledger.unresolved().size).toBe(0)
    expect(ledger.isSettled(1, 0)).toBe(true)
    ledger.fold([row(3)], at(200, false))
    ledger.resolve(new Map())
    expect(ledger.take()).toEqual({ rows: [], others: { foreign: 3, unknown: 0 } })
  })

  it('counts what ended before anybody was found as unknown only where one of ours could have made it', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100))
    ledger.resolve(new Map())
    ledger.fold([], at(200))
    ledger.destroyed([row(2)], { at: 250, suspected: true })
    ledger.destroyed([row(3)], { at: 260, suspected: false })
    expect(ledger.take().others).toEqual({ foreign: 1, unknown: 2 })
  })

  it('counts a connection with both ends on this host once, and not at all when one end is ours', () => {
    const ledger = createLedger()
    const here = row(1, { local: end(40_000), remote: end(443) })
    const there = row(2, { local: end(443), remote: end(40_000) })
    ledger.fold([here, there], at(100))
    ledger.resolve(heldBy(1_001))
    ledger.resolve(heldBy(1_001))
    ledger.destroyed([row(3, { local: end(1), remote: end(2) })], { at: 200, suspected: false })
    ledger.destroyed([row(4, { local: end(2), remote: end(1) })], { at: 200, suspected: false })
    expect(ledger.take().others).toEqual({ foreign: 1, unknown: 0 })
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

  it('counts a connection that was given the port of one that ended a moment ago', () => {
    const ledger = createLedger()
    for (const cookie of [1, 2, 3]) {
      const again = row(cookie, { local: end(40_000) })
      ledger.destroyed([again], { at: 100 * cookie, suspected: false })
    }
    expect(ledger.take().others).toEqual({ foreign: 3, unknown: 0 })
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

  it('takes nothing for gone that an interrupted dump lacked', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100))
    ledger.resolve(heldBy(1_001))
    ledger.fold([], at(200, true, false))
    expect(ledger.take().rows).toMatchObject([{ cookie: '1' }])
    expect(ledger.hasEnded()).toBe(false)
  })

  it('parses again what was passed over when a descriptor of ours turns up', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100, false))
    ledger.resolve(new Map())
    expect(ledger.isSettled(1, 0)).toBe(true)
    expect(ledger.refresh(heldBy(1_001))).toBe(true)
    expect(ledger.isSettled(1, 0)).toBe(false)
    ledger.fold([row(1)], at(200))
    ledger.resolve(heldBy(1_001))
    expect(ledger.take().rows).toMatchObject([{ cookie: '1', holders: [holder] }])
  })

  it('forgets the passed-over ones that are no longer met', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100, false))
    ledger.resolve(new Map())
    // Not at once: that it ended may be told a moment later, and would be counted again.
    ledger.fold([], at(200, false))
    ledger.destroyed([row(1)], { at: 210, suspected: true })
    expect(ledger.take().others).toEqual({ foreign: 1, unknown: 0 })
    for (let i = 0; i < 8; i += 1) ledger.fold([], at(300 + i, false))
    expect(ledger.isSettled(1, 0)).toBe(false)
  })

  it('tells listeners of others, and every socket while something is hidden', () => {
    const ledger = createLedger()
    const listener = row(1, { state: 'listen', remote: null })
    ledger.fold([listener, row(2)], at(100, false))
    ledger.resolve(new Map())
    expect(ledger.take().rows).toMatchObject([{ cookie: '1', holders: [] }])
    ledger.setHidden(true)
    expect(ledger.isSettled(2, 0)).toBe(false)
    ledger.fold([listener, row(2)], at(200))
    expect(ledger.take()).toMatchObject({
      rows: [{ cookie: '1' }, { cookie: '2', holders: [] }],
      others: { foreign: 0, unknown: 0 },
    })
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

  it('confuses no cookies that are no exact numbers (the kernel counts some down from 0)', () => {
    const ledger = createLedger()
    const high = (last: string) => row(1, { cookie: `fffffffffffffff${last}` })
    ledger.destroyed([high('f')], { at: 0, suspected: false })
    ledger.fold([high('e')], at(100))
    ledger.resolve(heldBy(1_001))
    expect(ledger.take()).toMatchObject({
      rows: [{ cookie: 'fffffffffffffffe', holders: [holder] }],
      others: { foreign: 1, unknown: 0 },
    })
  })

  it('stops to tell what others hold as soon as nothing is hidden', () => {
    const ledger = createLedger()
    ledger.fold([row(1)], at(100, false))
    ledger.resolve(new Map())
    ledger.setHidden(true)
    ledger.fold([row(1)], at(200))
    expect(ledger.take().rows).toHaveLength(1)
    ledger.setHidden(false)
    expect(ledger.take().rows).toEqual([])
  })
})
