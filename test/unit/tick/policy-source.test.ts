import { describe, expect, it } from 'vitest'
import { policySource } from '../../../daemon/tick/policy-source.ts'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'

const fault = { line: 2, column: 3, message: 'no such expectation', advice: 'write "open"' }

describe('policySource', () => {
  it('tells errors with their remedy and what counts instead, and keeps warnings to itself', () => {
    const diagnostics = [
      { ...fault, severity: 'error' },
      { ...fault, severity: 'warning', message: 'expired' },
    ] as const
    const source = policySource(
      {
        state: () => ({ policy: DEFAULT_POLICY, diagnostics, inForce: 'before' }),
        watch() {},
        stop() {},
      },
      '/c/policy.jsonc',
    )
    expect(source.state()).toEqual({
      policy: DEFAULT_POLICY,
      diagnostics: [
        {
          client: 'policy',
          file: '/c/policy.jsonc',
          line: 2,
          column: 3,
          message: 'no such expectation: write "open"',
        },
        {
          client: 'policy',
          file: '/c/policy.jsonc',
          line: null,
          column: null,
          message: 'not used; what it said before counts until it is mended',
        },
      ],
    })
  })
})
