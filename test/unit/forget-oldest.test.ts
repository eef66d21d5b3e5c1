import { expect, it } from 'vitest'
import { forgetOldest } from '../../shared/forget-oldest.ts'

it('drops what was put in first, and what was put in again is new', () => {
  const remembered = new Map([['a', 1], ['b', 2], ['c', 3]]) // biome-ignore format: a list
  remembered.delete('a')
  remembered.set('a', 4)
  forgetOldest(remembered, 3)
  expect([...remembered.keys()]).toEqual(['b', 'c', 'a'])
  forgetOldest(remembered, 1)
  expect([...remembered]).toEqual([['a', 4]])
  forgetOldest(remembered, 0)
  expect(remembered.size).toBe(0)
})
