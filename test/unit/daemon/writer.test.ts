import { describe, expect, it } from 'vitest'
import { createWriter } from '../../../daemon/tick/writer.ts'
import type { TickResult } from '../../../shared/model/tick.ts'

const tick = (at: number): TickResult => ({ at }) as TickResult

describe('the writer', () => {
  it('tells once that the store fails, and once that it works again', () => {
    let full = false
    const told: string[] = []
    const log = {
      debug() {},
      info() {},
      warn() {},
      error: (_: object, text: string) => told.push(text),
    }
    const store = {
      commit() {
        if (full) throw new Error('disk full')
      },
    }
    const writer = createWriter(store, log)
    expect(writer.write(tick(1))).toBe('stored')
    full = true
    expect(writer.write(tick(2))).toBe('failed')
    expect(writer.write(tick(3))).toBe('still-failing')
    expect(writer.failing()).toBe(true)
    full = false
    expect(writer.write(tick(4))).toBe('recovered')
    expect(writer.write(tick(5))).toBe('stored')
    expect(writer.failing()).toBe(false)
    expect(told).toHaveLength(1)
  })
})
