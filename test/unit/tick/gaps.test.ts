import { describe, expect, it } from 'vitest'
import { gapSinceLastRun, gapsBetween } from '../../../daemon/tick/gaps.ts'

const START = { wallMs: 1_000_000_000, monotonicMs: 5_000, bootMs: 7_000 }
/** `boot` left out: a system without a clock that runs on during sleep. */
const later = (wall: number, awake: number, boot?: number) => ({
  wallMs: START.wallMs + wall,
  monotonicMs: START.monotonicMs + awake,
  bootMs: boot === undefined ? null : START.bootMs + boot,
})

describe('gapsBetween', () => {
  const reasons = (...args: Parameters<typeof gapsBetween>): string[] =>
    gapsBetween(...args).map(({ reason }) => reason)

  it('takes ordinary jitter for no gap, nor a clock that is kept right', () => {
    expect(gapsBetween(START, later(1_400, 1_400), 1_000, 0)).toEqual([])
    expect(gapsBetween(START, later(4_900, 4_900), 1_000, 1)).toEqual([])
    expect(gapsBetween(START, later(-2_000, 1_000), 1_000, 0)).toEqual([])
  })

  it('tells a suspended machine by the clock that stood still', () => {
    const gaps = [{ from: START.wallMs, to: START.wallMs + 60_000, reason: 'sleep' }]
    expect(gapsBetween(START, later(60_000, 1_000), 1_000, 0)).toEqual(gaps)
    expect(gapsBetween(START, later(60_000, 1_000, 60_000), 1_000, 0)).toEqual(gaps)
  })

  it('tells failed samples from a stalled daemon', () => {
    expect(reasons(START, later(9_000, 9_000), 1_000, 3)).toEqual(['failed-sample'])
    expect(reasons(START, later(60_000, 60_000, 60_000), 1_000, 0)).toEqual(['stalled'])
  })

  it('allows more for a slower engine', () => {
    expect(gapsBetween(START, later(20_000, 20_000), 8_000, 0)).toEqual([])
  })

  it('tells a clock that was set forward from a sleep, and marks the times that were skipped', () => {
    const day = 86_400_000
    expect(gapsBetween(START, later(day + 1_000, 1_000, 1_000), 1_000, 0)).toEqual([
      { from: START.wallMs + 1_000, to: START.wallMs + day + 1_000, reason: 'clock-set' },
    ])
  })

  it.each([[undefined], [1_000]])('marks the times that come twice (%s)', (boot) => {
    const hour = 3_600_000
    expect(gapsBetween(START, later(1_000 - hour, 1_000, boot), 1_000, 0)).toEqual([
      { from: START.wallMs + 1_000 - hour, to: START.wallMs + 1_000, reason: 'clock-set' },
    ])
  })

  it('tells of a pause and of the clock that was set in it', () => {
    expect(gapsBetween(START, later(-3_570_000, 30_000, 30_000), 1_000, 0)).toEqual([
      { from: START.wallMs, to: START.wallMs + 30_000, reason: 'stalled' },
      { from: START.wallMs - 3_570_000, to: START.wallMs + 30_000, reason: 'clock-set' },
    ])
  })
})

describe('gapSinceLastRun', () => {
  it('is the time the daemon was down', () => {
    expect(gapSinceLastRun(100, 900)).toEqual({ from: 100, to: 900, reason: 'daemon-down' })
    expect(gapSinceLastRun(null, 900)).toBeNull()
    expect(gapSinceLastRun(900, 100)).toBeNull()
  })
})
