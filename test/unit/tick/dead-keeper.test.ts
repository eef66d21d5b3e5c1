import { describe, expect, it } from 'vitest'
import { keepDead, NO_PROCESSES, processAt } from '../../../daemon/tick/dead-keeper.ts'
import type { Process, ProcessTable } from '../../../shared/model/process.ts'

const START = 1_000_000
const process = (key: string, startedAt = START): Process =>
  ({ key, pid: 7, startedAt }) as unknown as Process
const table = (at: number, ...processes: Process[]): ProcessTable => ({
  at,
  processes: new Map(processes.map((one) => [one.pid, one])),
})

describe('keepDead', () => {
  it('answers for a process that ended, for 60 s', () => {
    const first = process('a')
    let memory = keepDead(NO_PROCESSES, table(START + 100, first))
    memory = keepDead(memory, table(START + 1_100))
    expect(processAt(memory, 7, START + 1_000)).toBe(first)
    expect(processAt(memory, 7, START + 1_100)).toBeNull()
    expect(processAt(memory, 7, START - 1)).toBeNull()
    memory = keepDead(memory, table(START + 61_099))
    expect(processAt(memory, 7, START + 1_000)).toBe(first)
    memory = keepDead(memory, table(START + 61_100))
    expect(processAt(memory, 7, START + 1_000)).toBeNull()
  })

  it('tells the program before an exec, and the process before a reuse of the pid, by the time', () => {
    const [before, after, reused] = [process('a'), process('b'), process('c', START + 5_000)]
    let memory = keepDead(NO_PROCESSES, table(START, before))
    memory = keepDead(memory, table(START + 2_000, after))
    memory = keepDead(memory, table(START + 6_000, reused))
    expect(processAt(memory, 7, START + 1_000)).toBe(before)
    expect(processAt(memory, 7, START + 3_000)).toBe(after)
    expect(processAt(memory, 7, START + 6_500)).toBe(reused)
  })
})
