import { describe, expect, it } from 'vitest'
import { gapBetween, gapSinceLastRun } from '../../../daemon/tick/gaps.ts'

const START = { wallMs: 1_000_000, monotonicMs: 5_000 }
const later = (wall: number, awake: number) => ({
  wallMs: START.wallMs + wall,
  monotonicMs: START.monotonicMs + awake,
})

describe('gapBetween', () => {
  it('takes ordinary jitter for no gap', () => {
    expect(gapBetween(START, later(1_400, 1_400), 1_000, 0)).toBeNull()
    expect(gapBetween(START, later(4_900, 4_900), 1_000, 1)).toBeNull()
  })

  it('tells a suspended machine by the clock that stood still', () => {
    const gap = gapBetween(START, later(60_000, 1_000), 1_000, 0)
    expect(gap).toEqual({ from: START.wallMs, to: START.wallMs + 60_000, reason: 'sleep' })
  })

  it('tells failed samples from a stalled daemon', () => {
    expect(gapBetween(START, later(9_000, 9_000), 1_000, 3)?.reason).toBe('failed-sample')
    expect(gapBetween(START, later(60_000, 60_000), 1_000, 0)?.reason).toBe('stalled')
  })

  it('allows more for a slower engine', () => {
    expect(gapBetween(START, later(20_000, 20_000), 8_000, 0)).toBeNull()
  })

  it('makes no gap of a wall clock that was set', () => {
    expect(gapBetween(START, later(-3_600_000, 1_000), 1_000, 0)).toBeNull()
  })

  it('keeps from before to when the clock was set back during a real pause', () => {
    const gap = gapBetween(START, later(-3_600_000, 30_000), 1_000, 0)
    expect(gap?.reason).toBe('stalled')
    expect(gap?.from).toBeLessThanOrEqual(gap?.to ?? 0)
  })
})

describe('gapSinceLastRun', () => {
  it('is the time the daemon was down', () => {
    expect(gapSinceLastRun(100, 900)).toEqual({ from: 100, to: 900, reason: 'daemon-down' })
    expect(gapSinceLastRun(null, 900)).toBeNull()
    expect(gapSinceLastRun(900, 100)).toBeNull()
  })
})
