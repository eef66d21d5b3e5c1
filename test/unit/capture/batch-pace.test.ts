import { expect, it } from 'vitest'
import { createBatchPace } from '../../../daemon/capture/sock-diag/batch-pace.ts'

it('tells of sockets soon, of starts a little later, and of nothing seldom', () => {
  const pace = createBatchPace(null)
  expect(pace.isDue('nothing', 0)).toBe(true)
  pace.told(0)
  expect(pace.isDue('nothing', 3_999)).toBe(false)
  expect(pace.isDue('nothing', 4_000)).toBe(true)
  pace.told(4_000)
  expect(pace.isDue('socket', 4_050)).toBe(false)
  // What was urgent once stays so until it is told.
  expect(pace.isDue('nothing', 4_100)).toBe(true)
  pace.told(4_100)
  expect(pace.isDue('start', 4_300)).toBe(false)
  expect(pace.isDue('activity', 4_351)).toBe(true)
})

it('never waits longer than the user wishes', () => {
  const pace = createBatchPace(500)
  pace.told(0)
  expect(pace.isDue('nothing', 499)).toBe(false)
  expect(pace.isDue('nothing', 500)).toBe(true)
})
