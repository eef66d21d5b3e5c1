import { describe, expect, it } from 'vitest'
import { createRest } from '../../../daemon/capture/exact/rest.ts'

/** Share of the processor of batches of `cpuMs` that follow each other as fast as is allowed, from `from` on. */
function share(cpuMs: number, isBehind: boolean, from: number): number {
  const rest = createRest()
  let [now, spent] = [0, 0]
  while (now < 60_000) {
    now += cpuMs
    if (now > from) spent += cpuMs
    now += rest.after(cpuMs, now, isBehind)
  }
  return spent / (now - from)
}

describe('the rest after a batch', () => {
  it('is none for a burst, and for what comes now and then', () => {
    const rest = createRest()
    for (let batch = 0; batch < 14; batch += 1) expect(rest.after(10, batch * 10, false)).toBe(0)
    const later = createRest()
    for (let batch = 0; batch < 1_000; batch += 1)
      expect(later.after(10, batch * 200, false)).toBe(0)
  })

  it.each([
    [5, false, 0.25],
    [10, false, 0.25],
    [100, false, 0.3],
    [10, true, 0.55],
  ])(
    'leaves most of the processor to others: batches of %i ms, behind: %s',
    (cpu, behind, most) => {
      expect(share(cpu, behind, 5_000)).toBeLessThan(most)
    },
  )

  it('is not shortened for ever by a long time without', () => {
    const rest = createRest()
    rest.after(10, 0, false)
    expect(rest.after(400, 1e12, false)).toBe(1_600)
  })
})
