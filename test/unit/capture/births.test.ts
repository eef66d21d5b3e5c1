import { describe, expect, it } from 'vitest'
import { createBirths } from '../../../daemon/capture/sock-diag/births.ts'
import { createFamily } from '../../../daemon/processes/family.ts'
import type { ProcessEvents } from '../../../daemon/processes/proc-connector.ts'

/** The kernel's events as a queue: each is folded when it is drained. */
function birthsOver(queue: (() => void)[]) {
  const family = createFamily()
  const looks: (readonly number[])[] = []
  const events: ProcessEvents = {
    state: () => 'working',
    whyNot: () => null,
    drain() {
      for (const tell of queue.splice(0)) tell()
      return { events: [], lost: false }
    },
    close() {},
  }
  const births = createBirths({
    family,
    events,
    children: {
      look(pids) {
        looks.push(pids)
        return 0
      },
    },
    forks: { happened: () => true },
  })
  return { births, family, looks }
}

describe('births', () => {
  it('know whose a process was that was born and ended before they were asked, and who forked it', () => {
    const queue: (() => void)[] = []
    const { births, family, looks } = birthsOver(queue)
    births.watch([10], new Set())
    queue.push(
      () => family.fork(10, 11, 100),
      () => family.exit(11),
    )
    expect(births.isMember(11, 150)).toBe(false)
    expect(births.since([])).toMatchObject({ born: [{ pid: 11, parent: 10 }], stirred: false })
    expect([births.isMember(11, 150), births.isMember(99, 150)]).toEqual([true, false])
    expect(births.parentOf(11)).toEqual({ pid: 11, parent: 10, bornAtNs: 100 })
    expect(births.parentOf(11, 50)).toBeNull()
    // What the kernel tells needs no look at anybody's children.
    expect(looks).toEqual([])
  })
})
