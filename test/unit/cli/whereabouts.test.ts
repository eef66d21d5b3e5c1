import { expect, it } from 'vitest'
import { whereaboutsLines } from '../../../cli/render/whereabouts.ts'

const lines = (port: number | null, moved: boolean, notice: string | null = null) =>
  whereaboutsLines({ tcp: { port, moved }, notice }).join('\n')

it('says where the API is, and that it is not where it usually is', () => {
  expect(lines(6279, false)).toBe('API: http://127.0.0.1:6279')
  expect(lines(40_001, true)).toContain('http://127.0.0.1:40001 (the usual port is taken)')
  expect(lines(null, false)).toBe('')
})

it('says for whom it watches', () => {
  expect(lines(null, false, 'watching the clients of a\u0007da')).toBe(
    'watching the clients of ada.',
  )
})
