import { describe, expect, it } from 'vitest'
import { createPassedOver } from '../../../daemon/capture/sock-diag/passed-over.ts'

describe('what samples pass over', () => {
  it('stays bounded while dumps are cut short, the newest kept', () => {
    const passedOver = createPassedOver()
    for (let i = 1; i <= 200_001; i += 1) {
      passedOver.add('destroyed', { cookie: i.toString(16), inode: null })
      if (i % 1_000 === 0) passedOver.dumped(false)
    }
    expect(passedOver.has('1')).toBe(false)
    expect(passedOver.has('2')).toBe(true)
    expect(passedOver.has((200_001).toString(16))).toBe(true)
  })
})
