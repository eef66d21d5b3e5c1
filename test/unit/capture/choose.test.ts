import { describe, expect, it } from 'vitest'
import { chooseEngines } from '../../../daemon/capture/choose.ts'
import { degradedList } from '../../../daemon/capture/degraded.ts'
import { DEGRADED_REASONS } from '../../../shared/model/observation.ts'

const both = { ss: '/usr/bin/ss', lsof: '/usr/bin/lsof' }

describe('chooseEngines', () => {
  it.each([
    ['linux', null, both, ['bpf', 'sock-diag', 'ss', 'lsof']],
    ['linux', null, { ...both, ss: null }, ['bpf', 'sock-diag', 'lsof']],
    ['linux', null, { ss: null, lsof: null }, ['bpf', 'sock-diag']],
    ['linux', 'lsof', both, ['lsof']],
    ['darwin', null, both, ['lsof']],
  ] as const)('on %s with --engine %s', (platform, wanted, tools, names) => {
    expect(chooseEngines({ platform, wanted, tools })).toEqual(names)
  })

  it.each([
    ['linux', 'ss', { ...both, ss: null }],
    ['linux', 'lsof', { ...both, lsof: null }],
    ['darwin', 'ss', both],
    ['darwin', 'sock-diag', both],
    ['darwin', 'bpf', both],
    ['darwin', null, { ss: null, lsof: null }],
  ] as const)('says what is wrong on %s with --engine %s', (platform, wanted, tools) => {
    expect(() => chooseEngines({ platform, wanted, tools })).toThrow(
      expect.objectContaining({ code: 'NO_ENGINE', hint: expect.any(String) as string }),
    )
  })
})

it('has a sentence for every reason', () => {
  const list = degradedList(DEGRADED_REASONS)
  expect(list.map(({ code }) => code).toSorted()).toEqual([...DEGRADED_REASONS].toSorted())
  // A path or our own name keeps its small letters.
  expect(list.every(({ message }) => /^(?:[A-Z/]|mcp-watch ).*\.$/.test(message))).toBe(true)
})
