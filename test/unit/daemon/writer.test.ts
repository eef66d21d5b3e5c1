import { describe, expect, it } from 'vitest'
import type { Store } from '../../../daemon/ports.ts'
import { createWriter } from '../../../daemon/tick/writer.ts'
import type { TickResult } from '../../../shared/model/tick.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const tick = (at: number): TickResult => ({ at }) as TickResult

describe('the writer', () => {
  it('keeps what a failing store refused and writes it in order later', () => {
    let full = false
    const written: number[] = []
    const store: Store = {
      memory: () => {
        throw new Error('not asked here')
      },
      commit(result) {
        if (full) throw new Error('disk full')
        written.push(result.at)
      },
      close() {},
    }
    const writer = createWriter(store, silent)
    expect(writer.write(tick(1))).toBe('stored')
    full = true
    expect(writer.write(tick(2))).toBe('failed')
    expect(writer.write(tick(3))).toBe('still-failing')
    expect(writer.failing()).toBe(true)
    full = false
    expect(writer.write(tick(4))).toBe('recovered')
    expect(written).toEqual([1, 2, 3, 4])
    expect(writer.write(tick(5))).toBe('stored')
    expect(writer.failing()).toBe(false)
  })
})
