import { expect, it } from 'vitest'
import { kernelSaid } from '../../../daemon/capture/bpf/kernel-said.ts'
import { refusalError } from '../../../daemon/capture/bpf/refusal.ts'
import { McpWatchError } from '../../../shared/errors.ts'

it('tells the step, the answer and the last words of the verifier', () => {
  const log = `${'0: (b7) r0 = 1\n'.repeat(50)}unknown func \u001b[31mbpf_get_netns_cookie#122\n\n`
  const error = refusalError({
    reason: 'kernel-refused',
    sentence: 'No.',
    hint: '',
    failures: [
      { variant: 'full', step: 'program', name: 'connect4', errno: 'EINVAL', log },
      { variant: 'basic', step: 'ring', name: '', errno: 'EPERM', log: '' },
    ],
  })
  const [first = '', second] = kernelSaid(error)
  expect(first).toMatch(/^the kernel to program connect4 \(full\): EINVAL: 0: \(b7\)/)
  expect(first).toMatch(/unknown func .*bpf_get_netns_cookie#122$/)
  expect(first.length).toBeLessThan(300)
  expect(first).not.toContain('\u001b')
  expect(second).toBe('the kernel to ring (basic): EPERM')
})

it('has nothing to tell of other errors', () => {
  expect(kernelSaid(new McpWatchError('NO_ENGINE', 'no'))).toEqual([])
  expect(kernelSaid(new Error('no'))).toEqual([])
  expect(kernelSaid(null)).toEqual([])
})
