import { beforeEach, describe, expect, it } from 'vitest'
import { createGate, type Gate } from '../../../daemon/capture/sock-diag/gate.ts'

let clocks: Map<number, number>
let hidden: Set<number>
let time: number
let gate: Gate

beforeEach(() => {
  clocks = new Map([
    [1, 1000],
    [2, 5000],
  ])
  hidden = new Set()
  time = 0
  gate = createGate({
    native: { cpuTimeNs: (pid) => clocks.get(pid) ?? null },
    clock: { monotonicMs: () => time },
    exists: (pid) => hidden.has(pid),
  })
})

function lookAfter(ms: number, ...pids: number[]): ReturnType<Gate['look']> {
  time += ms
  return gate.look(pids)
}

describe('the gate', () => {
  it('opens for those that ran, and for those it did not know', () => {
    expect(lookAfter(0, 1, 2).moved).toEqual([1, 2])
    expect(lookAfter(20, 1, 2)).toEqual({ moved: [], gone: [], unreadable: [] })
    clocks.set(2, 5001)
    expect(lookAfter(20, 1, 2).moved).toEqual([2])
  })

  it('takes a clock that went back for another process under the same number', () => {
    lookAfter(0, 1)
    clocks.set(1, 10)
    expect(lookAfter(20, 1).moved).toEqual([1])
  })

  it('tells those that ended from those whose clock is kept from us', () => {
    hidden.add(7)
    expect(lookAfter(0, 1, 7, 8)).toEqual({ moved: [1], gone: [8], unreadable: [7] })
  })

  it('looks sooner for half a second after something ran', () => {
    expect(gate.nextDelayMs()).toBe(40)
    lookAfter(0, 1)
    time = 499
    expect(gate.nextDelayMs()).toBe(20)
    time = 500
    expect(gate.nextDelayMs()).toBe(40)
  })

  it('books what was quiet, what ran, and what a connection of 50 ms could have escaped', () => {
    lookAfter(0, 1, 2)
    lookAfter(40, 1, 2)
    clocks.set(1, 1001)
    lookAfter(200, 1, 2)
    clocks.set(1, 1002)
    lookAfter(20, 1, 2)
    const first = { pid: 1, quietMs: 40, activeMs: 220, seen50Ms: 70, samples: 2 }
    const second = { pid: 2, quietMs: 260, activeMs: 0, seen50Ms: 0, samples: 0 }
    expect(gate.takeAttention()).toEqual([first, second])
    lookAfter(10, 1, 2)
    expect(gate.takeAttention()[0]).toEqual({
      ...first,
      quietMs: 10,
      activeMs: 0,
      seen50Ms: 0,
      samples: 0,
    })
  })

  it('keeps what was booked for one that ended, and nothing of one no longer asked about', () => {
    lookAfter(0, 1, 2)
    clocks.set(1, 1001)
    lookAfter(30, 1, 2)
    clocks.delete(1)
    lookAfter(20, 1, 2)
    expect(gate.takeAttention()).toContainEqual({
      pid: 1,
      quietMs: 0,
      activeMs: 30,
      seen50Ms: 30,
      samples: 1,
    })
    lookAfter(20, 2)
    expect(gate.takeAttention().map(({ pid }) => pid)).toEqual([2])
  })
})
