/** A visit to another network namespace, with the kernel's part played: what if there were no way back? */
import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Libc } from '../../../daemon/native/libc.ts'
import { createInNetns } from '../../../daemon/native/netns.ts'

const { EPERM, EINTR } = constants.errno
const OWN = '/proc/self/ns/net'

/** Each setns(2) answers with one of `errnos`; 0 is success. */
function visit(errnos: readonly number[]): { readonly steps: string[]; readonly result: string } {
  const steps: string[] = []
  const rest = [...errnos]
  let errno = 0
  const libc = {
    setns: () => {
      errno = rest.shift() ?? 0
      steps.push(errno === 0 ? 'setns' : 'refused')
      return errno === 0 ? 0 : -1
    },
    koffi: { errno: () => errno },
  } as unknown as Libc
  const inNetns = createInNetns(libc, () => {
    steps.push('end')
    throw new Error('ended')
  })
  try {
    const result = inNetns(OWN, () => {
      steps.push('make')
      return 'made'
    })
    return { steps, result }
  } catch (error) {
    return { steps, result: String(error) }
  }
}

describe.skipIf(process.platform !== 'linux')('a visit', () => {
  it('enters, makes, and comes back, whatever signals come', () => {
    expect(visit([])).toEqual({ steps: ['setns', 'setns', 'make', 'setns'], result: 'made' })
    expect(visit([0, EINTR, 0, EINTR])).toMatchObject({ result: 'made' })
  })

  it('is not begun by who could not come back', () => {
    expect(visit([EPERM])).toEqual({
      steps: ['refused'],
      result: 'NativeFault: setns: EPERM',
    })
    expect(visit([0, EPERM]).steps).toEqual(['setns', 'refused'])
  })

  it('ends the process when the way back is refused', () => {
    expect(visit([0, 0, EPERM]).steps).toEqual(['setns', 'setns', 'make', 'refused', 'end'])
  })
})
