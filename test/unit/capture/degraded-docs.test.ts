import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DEGRADED_REASONS } from '../../../shared/model/observation.ts'

it('every reason for seeing less is on the page about coverage', () => {
  const page = readFileSync(new URL('../../../docs/coverage.md', import.meta.url), 'utf8')
  expect(DEGRADED_REASONS.filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})
