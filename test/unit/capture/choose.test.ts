import { describe, expect, it } from 'vitest'
import { chooseEngine } from '../../../daemon/capture/choose.ts'
import { degradedList } from '../../../daemon/capture/degraded.ts'
import { DEGRADED_REASONS } from '../../../shared/model/observation.ts'

const both = { ss: '/usr/bin/ss', lsof: '/usr/bin/lsof' }

describe('chooseEngine', () => {
  it.each([
    ['linux', null, both, 'ss'],
    ['linux', null, { ...both, ss: null }, 'lsof'],
    ['linux', 'lsof', both, 'lsof'],
    ['darwin', null, both, 'lsof'],
  ] as const)('on %s with --engine %s', (platform, wanted, tools, name) => {
    expect(chooseEngine({ platform, wanted, tools })).toEqual({ name, tool: both[name] })
  })

  it.each([
    ['linux', null, { ss: null, lsof: null }],
    ['linux', 'ss', { ...both, ss: null }],
    ['darwin', 'ss', both],
  ] as const)('says what is wrong on %s with --engine %s', (platform, wanted, tools) => {
    expect(() => chooseEngine({ platform, wanted, tools })).toThrow(
      expect.objectContaining({ code: 'NO_ENGINE', hint: expect.any(String) as string }),
    )
  })
})

it('has a sentence for every reason', () => {
  const list = degradedList(DEGRADED_REASONS)
  expect(list.map(({ code }) => code).toSorted()).toEqual([...DEGRADED_REASONS].toSorted())
  expect(list.every(({ message }) => /^[A-Z].*\.$/.test(message))).toBe(true)
})
