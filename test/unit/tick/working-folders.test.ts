import { expect, it } from 'vitest'
import { workingFolders } from '../../../daemon/tick/working-folders.ts'
import { makeProcess } from '../connections/build.ts'

it('keeps the old folders, newest last, and no more than 500', () => {
  const client = makeProcess(10, 1, { cwd: '/p' })
  expect(workingFolders(['/p', '/q'], [{ process: client }])).toEqual(['/q', '/p'])
  const many = Array.from({ length: 600 }, (_, index) => `/f${index}`)
  const kept = workingFolders(many, [{ process: client }])
  expect(kept).toHaveLength(500)
  expect(kept.at(-1)).toBe('/p')
})
