import { describe, expect, it } from 'vitest'
import { createLedger } from '../../../daemon/capture/sock-diag/ledger.ts'
import { at, end, heldBy, holder, row } from './ledger-rows.ts'

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
