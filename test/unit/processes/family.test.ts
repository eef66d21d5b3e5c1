import { describe, expect, it } from 'vitest'
import { createFamily } from '../../../daemon/processes/family.ts'

describe('a family', () => {
  it('follows a double fork by its events: parents come before their children', () => {
    const family = createFamily()
    family.watch([10])
    family.fork(10, 11, 100)
    family.fork(11, 12, 200)
    family.exit(11)
    family.exec(12)
    expect(family.take()).toEqual({
      look: [
        { pid: 11, parent: 10, bornAtNs: 100 },
        { pid: 12, parent: 11, bornAtNs: 200 },
      ],
      gone: [11],
      started: false,
      incomplete: false,
    })
    expect(family.take().look).toEqual([])
  })

  it('asks for another look at a member that executed something, once', () => {
    const family = createFamily()
    family.watch([10])
    family.exec(10)
    family.exec(10)
    expect(family.take().look).toEqual([{ pid: 10, parent: null }])
  })

  it('cares for nobody else', () => {
    const family = createFamily()
    family.watch([10])
    expect([family.fork(20, 21, 1), family.exec(20), family.exit(20)]).toEqual([
      false,
      false,
      false,
    ])
    expect(family.size).toBe(1)
  })

  it('lets go of a number that another process was given', () => {
    const family = createFamily()
    family.watch([10])
    family.fork(10, 11, 1)
    family.exit(11)
    family.fork(99, 11, 2)
    expect(family.has(11)).toBe(false)
    expect(family.take()).toMatchObject({ look: [], gone: [11] })
    expect(family.fork(11, 12, 3)).toBe(false)
  })

  it('keeps a member that was listed before its fork was told', () => {
    const family = createFamily()
    family.watch([10, 11])
    family.fork(99, 10, 1)
    family.fork(10, 11, 2)
    expect(family.take().look).toEqual([])
    expect(family.fork(11, 12, 3)).toBe(true)
    expect(family.has(10)).toBe(true)
  })

  it('still knows whose children those of a process without its first thread are', () => {
    const family = createFamily()
    family.watch([10])
    family.exit(10)
    family.watch([10])
    family.fork(10, 11, 1)
    expect(family.take()).toMatchObject({ look: [{ pid: 11, parent: 10 }], gone: [10] })
  })

  it('tells of kin only that something started, and names those that live for the next listing', () => {
    const family = createFamily()
    family.watch([], [5])
    family.fork(5, 6, 1)
    family.fork(6, 7, 2)
    family.fork(5, 8, 3)
    family.exit(6)
    family.exit(8)
    expect(family.take()).toEqual({ look: [], gone: [], started: true, incomplete: false })
    expect(family.newKin()).toEqual([{ pid: 7, parent: 5, bornAtNs: 2 }])
    family.watch([7], [5])
    expect(family.newKin()).toEqual([])
    family.fork(7, 9, 4)
    expect(family.take().look).toEqual([{ pid: 9, parent: 7, bornAtNs: 4 }])
  })

  it('forgets in a while what is never named, and at once after events were lost', () => {
    const family = createFamily()
    family.watch([10])
    family.fork(10, 11, 1)
    family.watch([10])
    expect(family.has(11)).toBe(true)
    for (let turn = 0; turn < 5; turn += 1) family.watch([10])
    expect(family.has(11)).toBe(false)
    family.fork(10, 12, 2)
    family.take()
    family.lose()
    expect(family.take()).toMatchObject({ incomplete: true })
    family.watch([10])
    expect(family.has(12)).toBe(false)
  })

  it('stays within bounds under a fork bomb, and says that it does not know all', () => {
    const family = createFamily(100)
    family.watch([1])
    for (let pid = 2; pid < 5_000; pid += 1) {
      family.fork(pid - 1, pid, pid)
      family.exec(pid)
    }
    expect(family.size).toBe(100)
    const { look, incomplete } = family.take()
    expect(look.length).toBeLessThanOrEqual(100)
    expect(incomplete).toBe(true)
  })
})

describe('whose a number was', () => {
  it('is remembered of those that ended, for three turns and ten seconds', () => {
    let now = 0
    const family = createFamily(100, () => now)
    family.watch([10])
    family.fork(10, 11, 100)
    family.exit(11)
    for (let turn = 0; turn < 5; turn += 1) family.watch([10])
    expect(family.isMember(11, 150)).toBe(true)
    expect(family.parentOf(11)).toEqual({ pid: 11, parent: 10, bornAtNs: 100 })
    now = 10_000
    family.watch([10])
    expect(family.isMember(11, 150)).toBe(false)
    expect(family.parentOf(11)).toBeNull()
    family.fork(10, 12, 200)
    family.exit(12)
    now = 60_000
    for (let turn = 0; turn < 2; turn += 1) family.watch([10])
    expect(family.isMember(12, 250)).toBe(true)
    family.watch([10])
    expect(family.isMember(12, 250)).toBe(false)
  })

  it('is not told of a stranger that was given it since, and still of the one before', () => {
    const family = createFamily()
    family.watch([10])
    family.fork(10, 11, 100)
    family.exit(11)
    family.fork(99, 11, 200)
    const asked = [99, 100, 199, 200, 500].map((atNs) => family.isMember(11, atNs))
    expect(asked).toEqual([false, true, true, false, false])
    expect(family.parentOf(11)).toBeNull()
  })

  it('is told of each of two members that bore it one after the other', () => {
    const family = createFamily()
    family.watch([10, 20])
    family.fork(10, 11, 100)
    family.exit(11)
    family.fork(20, 11, 200)
    expect(family.isMember(11, 150)).toBe(true)
    expect(family.isMember(11, 250)).toBe(true)
    expect(family.parentOf(11)).toEqual({ pid: 11, parent: 20, bornAtNs: 200 })
    expect(family.parentOf(11, 150)).toEqual({ pid: 11, parent: 10, bornAtNs: 100 })
    expect(family.parentOf(11, 50)).toBeNull()
  })

  it('was nobody before the fork that the listing was ahead of', () => {
    const family = createFamily()
    family.watch([10, 11])
    expect(family.isMember(11, 50)).toBe(true)
    family.fork(10, 11, 100)
    expect(family.isMember(11, 50)).toBe(false)
    expect(family.isMember(11, 100)).toBe(true)
  })

  it('goes down to who was born and ended below a server that nobody knew yet', () => {
    const family = createFamily()
    family.watch([], [5])
    family.fork(5, 6, 1)
    family.fork(6, 7, 2)
    family.fork(7, 8, 3)
    family.exit(7)
    family.exit(8)
    family.fork(5, 9, 4)
    expect([6, 7, 8, 9].map((pid) => family.isMember(pid, 5))).toEqual([false, false, false, false])
    expect(family.parentOf(8)).toEqual({ pid: 8, parent: 6, bornAtNs: 3 })
    family.watch([6], [5])
    expect([6, 7, 8, 9].map((pid) => family.isMember(pid, 5))).toEqual([true, true, true, false])
  })

  it('is forgotten at once where events were lost: it may be a stranger’s by now', () => {
    const family = createFamily()
    family.watch([10])
    family.fork(10, 11, 100)
    family.exit(11)
    family.fork(99, 11, 200)
    family.fork(10, 12, 300)
    family.exit(12)
    family.lose()
    family.watch([10])
    expect([family.isMember(11, 150), family.isMember(12, 350)]).toEqual([false, false])
    expect(family.isMember(10, 350)).toBe(true)
  })

  it('takes no room from the living: the first that ended give way', () => {
    const family = createFamily(100)
    family.watch([1])
    for (let pid = 2; pid < 5_000; pid += 1) {
      family.fork(1, pid, pid)
      family.exit(pid)
    }
    expect(family.size).toBe(100)
    expect(family.take().incomplete).toBe(false)
    expect([4_800, 4_999].map((pid) => family.isMember(pid, 5_000))).toEqual([false, true])
  })
})
