import { describe, expect, it } from 'vitest'
import { createUsageSource } from '../../../daemon/processes/usage-source.ts'

describe('createUsageSource', () => {
  it('leaves out what is gone and does not ask for it again until its entry has expired', async () => {
    let now = 0
    const asked: number[] = []
    const source = createUsageSource({ monotonicMs: () => now }, async (pid) => {
      asked.push(pid)
      if (pid === 8) throw new Error('No matching pid found')
      return { cpu: 12.5, memory: 4096 }
    })
    const usage = await source.usage([7, 8, 7])
    expect([...usage]).toEqual([[7, { cpuPercent: 12.5, memoryBytes: 4096 }]])
    await source.usage([7, 8])
    now = 120_000
    await source.usage([8])
    expect(asked).toEqual([7, 8, 7, 8])
  })

  it('measures one question after the other, also after a failed one', async () => {
    let running = 0
    let most = 0
    const source = createUsageSource({ monotonicMs: () => 0 }, async (pid) => {
      most = Math.max(most, ++running)
      await new Promise((done) => setImmediate(done))
      running -= 1
      if (pid === 1) throw new Error('gone')
      return { cpu: 0, memory: 0 }
    })
    const answers = await Promise.all([source.usage([1]), source.usage([2]), source.usage([3])])
    expect(most).toBe(1)
    expect(answers.map((answer) => answer.size)).toEqual([0, 1, 1])
  })
})
