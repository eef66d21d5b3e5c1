import { expect, it } from 'vitest'
import { processesAbove } from '../../../daemon/match/above.ts'
import type { Process } from '../../../shared/model/process.ts'
import { proc } from './world.ts'

const all = [proc(1, 0, ['init']), proc(10, 1, ['sh']), proc(20, 10, ['node'])]
const parentOf = ({ ppid }: Process): Process | null => all.find(({ pid }) => pid === ppid) ?? null
const pidsAbove = (scene: { parentOf(process: Process): Process | null }): number[] =>
  [...processesAbove(scene, proc(30, 20, ['x']))].map(({ pid }) => pid)

it('tells the parent first, and the process itself not', () => {
  expect(pidsAbove({ parentOf })).toEqual([20, 10, 1])
})

it('comes to an end in a loop', () => {
  const [first, second] = [proc(40, 41, ['x']), proc(41, 40, ['x'])]
  expect(pidsAbove({ parentOf: ({ pid }) => (pid === 40 ? second : first) })).toHaveLength(256)
})
