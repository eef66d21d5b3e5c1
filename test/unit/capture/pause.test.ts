import { describe, expect, it } from 'vitest'
import { createPause } from '../../../daemon/capture/pause.ts'

/** A clock that stands still while somebody waits, until it is told that the time is over. */
function desk() {
  const state = { now: 0, waits: [] as number[], over: (): void => undefined }
  const pause = createPause(
    (ms, signal) =>
      new Promise((resolve) => {
        state.waits.push(ms)
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve())
        state.over = () => {
          state.now += ms
          resolve()
        }
      }),
    () => state.now,
  )
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { state, pause, settled }
}

describe('a pause', () => {
  it('is as long as it should be', async () => {
    const { state, pause } = desk()
    const rest = pause.rest(1_000, 250)
    state.over()
    await rest
    expect(state.waits).toEqual([1_000])
  })

  it('ends at once in a hurry that comes late, and after the short time in one that comes early', async () => {
    const { state, pause, settled } = desk()
    const late = pause.rest(1_000, 250)
    state.now += 600
    pause.hurry()
    await late
    expect(state.waits).toEqual([1_000])
    const early = pause.rest(1_000, 250)
    state.now += 100
    pause.hurry()
    await settled()
    // No hurry makes it any shorter.
    pause.hurry()
    expect(state.waits).toEqual([1_000, 1_000, 150])
    state.over()
    await early
  })

  it('is short after a hurry in the sample before, once', async () => {
    const { state, pause } = desk()
    pause.hurry()
    const short = pause.rest(1_000, 250)
    state.over()
    await short
    const full = pause.rest(1_000, 250)
    state.over()
    await full
    expect(state.waits).toEqual([250, 1_000])
  })

  it('is never longer than it should be', async () => {
    const { state, pause } = desk()
    pause.hurry()
    const short = pause.rest(100, 250)
    state.over()
    await short
    expect(state.waits).toEqual([100])
  })

  it.each([true, false])('ends at the end, hurried: %s', async (isHurried) => {
    const { pause } = desk()
    if (isHurried) pause.hurry()
    const rest = pause.rest(1_000, 250)
    pause.end()
    await expect(rest).resolves.toBeUndefined()
    await expect(pause.rest(1_000, 250)).resolves.toBeUndefined()
  })
})
