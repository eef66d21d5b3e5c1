/** Every case of the corpus, through the real discoverer and the real matching. */
import { describe, expect, it } from 'vitest'
import { checkCase } from './check.ts'
import { caseFiles, parseCase } from './load.ts'

describe('the corpus', () => {
  let expected = 0
  let found = 0

  it.each(caseFiles())('$kind/$id', (file) => {
    const one = parseCase(file)
    const outcome = checkCase(one)
    expected += one.expected.length
    found += outcome.found
    expect(outcome.faults, outcome.picture).toEqual([])
  })

  it('is found but for two in a hundred', () => {
    expect(found).toBeGreaterThanOrEqual(0.98 * expected)
  })
})
