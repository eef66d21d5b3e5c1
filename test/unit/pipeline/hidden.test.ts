/** A process in a container that is closed to us, in the pipeline: neither accused nor told of before its time. */
import { expect, it } from 'vitest'
import type { View } from '../../../daemon/pipeline.ts'
import { makeProcess } from '../connections/build.ts'
import { bench, client, memoryProcess } from './bench.ts'

const closed = (cgroup: string) =>
  makeProcess(21, 20, { readable: false, netns: null, cgroup: `/${cgroup}` })
const inContainer = closed(`docker-${'a'.repeat(64)}.scope`)
const told = ({ result: { findings, coverage } }: View) => [
  findings.map(({ kind }) => kind),
  coverage.notObserved.map(({ reason }) => reason),
]

it('is no finding and no reason until its engine had time to tell of its network', async () => {
  const one = bench()
  const look = (laterMs: number) =>
    one.sample([], [client, memoryProcess, inContainer], laterMs, { unreadable: [inContainer.key] })
  await one.sample([])
  expect(told(await look(300))).toEqual([[], []])
  expect(told(await look(4_900))).toEqual([[], []])
  expect(told(await look(100))).toEqual([['unreadable-server'], ['process-unreadable']])
})

it('is both at once where it is in none', async () => {
  const one = bench()
  const plain = closed('user.slice')
  const now = await one.sample([], [client, memoryProcess, plain], 300, {
    unreadable: [plain.key],
  })
  expect(told(now)).toEqual([['unreadable-server'], ['process-unreadable']])
})
