import { describe, expect, it } from 'vitest'
import { FULL_PACE, nextPace, type Pace } from '../../../daemon/capture/pace.ts'
import { createSampler } from '../../../daemon/capture/sampler.ts'
import { countedWait, fakeClock, recordingSink } from './fakes.ts'

function paceAfter(from: Pace, elapsed: readonly number[]): Pace {
  return elapsed.reduce((pace, ms) => nextPace(pace, 1_000, ms), from)
}

describe('nextPace', () => {
  it('takes one slow sample for noise, three in a row for a slow machine', () => {
    expect(paceAfter(FULL_PACE, [900, 10, 900, 900, 10]).factor).toBe(1)
    expect(paceAfter(FULL_PACE, [900, 900, 900]).factor).toBe(2)
  })

  it('goes down to an eighth and no further', () => {
    expect(paceAfter(FULL_PACE, Array<number>(50).fill(60_000)).factor).toBe(8)
  })

  it('comes back when samples are quick again, and does not swing in between', () => {
    const slow = paceAfter(FULL_PACE, Array<number>(9).fill(5_000))
    expect(slow.factor).toBe(8)
    expect(paceAfter(slow, Array<number>(15).fill(20)).factor).toBe(1)
    // 250 ms is slow for one second and quick for two: it stays at two.
    expect(paceAfter(FULL_PACE, Array<number>(100).fill(250)).factor).toBe(2)
  })
})

describe('createSampler', () => {
  it('prepares, samples and publishes in turn, keeping the phase', async () => {
    const clock = fakeClock()
    const { wait, done } = countedWait(clock, 3)
    const seen: string[] = []
    const starts: number[] = []
    const sampler = createSampler({
      intervalMs: 1_000,
      clock,
      wait,
      sample: async () => {
        starts.push(clock.now)
        clock.now += 40
        seen.push('sample')
        return await Promise.resolve({ at: clock.wallMs(), snapshots: [], unreadable: [] })
      },
    })
    sampler.start({
      prepare: async () => {
        seen.push('prepare')
        await Promise.resolve()
      },
      accept: () => seen.push('accept'),
      fail: () => seen.push('fail'),
    })
    await done
    await sampler.stop()
    expect(starts).toEqual([0, 1_000, 2_000])
    const turn = ['prepare', 'sample', 'accept']
    expect(seen).toEqual([...turn, ...turn, ...turn])
  })

  it('samples sooner in a hurry, once, and never at once', async () => {
    const clock = fakeClock()
    const { wait, done } = countedWait(clock, 3)
    const starts: number[] = []
    const sampler = createSampler({
      intervalMs: 1_000,
      clock,
      wait,
      sample: async () => {
        starts.push(clock.now)
        if (starts.length === 1) sampler.hurry()
        return await Promise.resolve({ at: 1, snapshots: [], unreadable: [] })
      },
    })
    sampler.start(recordingSink())
    await done
    await sampler.stop()
    expect(starts).toEqual([0, 250, 1_250])
  })

  it('tells of a failed sample, goes on, and says so until one works', async () => {
    const clock = fakeClock()
    const { wait, done } = countedWait(clock, 2)
    const sink = recordingSink()
    const states: boolean[] = []
    let count = 0
    const sampler = createSampler({
      intervalMs: 1_000,
      clock,
      wait: async (ms, signal) => {
        states.push(sampler.failed())
        await wait(ms, signal)
      },
      sample: async () => {
        count += 1
        if (count === 1) throw new Error('first')
        return await Promise.resolve({ at: 1, snapshots: [], unreadable: [] })
      },
    })
    sampler.start(sink)
    await done
    await sampler.stop()
    expect(sink.failures).toHaveLength(1)
    expect(sink.batches).toHaveLength(1)
    expect(states).toEqual([true, false])
  })

  it('publishes nothing after stop, and stop waits for the sample under way', async () => {
    const clock = fakeClock()
    const sink = recordingSink()
    let release: () => void = () => undefined
    let began: () => void = () => undefined
    const sampling = new Promise<void>((resolve) => {
      began = resolve
    })
    const sampler = createSampler({
      intervalMs: 1_000,
      clock,
      wait: async () => await Promise.resolve(),
      sample: async () => {
        began()
        await new Promise<void>((resolve) => {
          release = resolve
        })
        return { at: 1, snapshots: [], unreadable: [] }
      },
    })
    sampler.start(sink)
    await sampling
    let stopped = false
    const stopping = sampler.stop().then(() => {
      stopped = true
    })
    await Promise.resolve()
    expect(stopped).toBe(false)
    release()
    await stopping
    expect(sink.batches).toEqual([])
    expect(sink.failures).toEqual([])
  })
})
