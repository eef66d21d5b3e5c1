import { describe, expect, it, vi } from 'vitest'
import { createWaking } from '../../../daemon/capture/exact/waking.ts'

describe('a sleeper', () => {
  it('is woken, also in advance, and only once for that', async () => {
    vi.useFakeTimers()
    try {
      const waking = createWaking()
      const ended: string[] = []
      void waking.wait(1_000).then(() => ended.push('woken'))
      waking.wake()
      await vi.advanceTimersByTimeAsync(0)
      expect(ended).toEqual(['woken'])
      waking.wake()
      void waking.wait(1_000).then(() => ended.push('in advance'))
      await vi.advanceTimersByTimeAsync(1)
      expect(ended).toEqual(['woken', 'in advance'])
      void waking.wait(1_000).then(() => ended.push('slept'))
      await vi.advanceTimersByTimeAsync(999)
      expect(ended).toHaveLength(2)
      await vi.advanceTimersByTimeAsync(1)
      expect(ended).toEqual(['woken', 'in advance', 'slept'])
      waking.wake()
      waking.forget()
      void waking.wait(1_000).then(() => ended.push('forgot'))
      await vi.advanceTimersByTimeAsync(999)
      expect(ended).toHaveLength(3)
      await vi.advanceTimersByTimeAsync(1)
      expect(ended).toHaveLength(4)
    } finally {
      vi.useRealTimers()
    }
  })
})
