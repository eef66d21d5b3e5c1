/** What events told of between two samples, over a /proc in memory. */
import { beforeEach, describe, expect, it } from 'vitest'
import { createTables, type Tables } from './tables.ts'

let proc: Tables['proc']
let source: Tables['source']
let table: Tables['table']

beforeEach(() => {
  ;({ proc, source, table } = createTables())
})

describe('a process that was seen', () => {
  it('is in the next table even if it ended before it, and in no other', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, argv: ['short', 'life'] })
    const [seen] = source.see([{ pid: 20, parent: 10 }])
    expect(seen).toMatchObject({ pid: 20, ppid: 10, argv: ['short', 'life'] })
    proc.remove(20)
    expect((await table()).get(20)).toEqual(seen)
    expect((await table()).has(20)).toBe(false)
  })

  it('that became a zombie is shown as it was', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, argv: ['short'] })
    source.see([{ pid: 20, parent: 10 }])
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, state: 'Z', cmdline: '' })
    source.see([{ pid: 20, parent: null }])
    expect((await table()).get(20)).toMatchObject({ argv: ['short'] })
    expect((await table()).has(20)).toBe(false)
  })

  it('gives way to another one that lives under its number', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, argv: ['first'] })
    source.see([{ pid: 20, parent: 10 }])
    proc.set({ pid: 20, ppid: 1, startTicks: 90_050, argv: ['second'] })
    expect((await table()).get(20)).toMatchObject({ argv: ['second'], ppid: 1 })
  })

  it('has another epoch when it executed something since it was seen', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, argv: ['sh'], argStart: 1_000 })
    const [shell] = source.see([{ pid: 20, parent: 10 }])
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000, argv: ['curl'], argStart: 2_000 })
    const [curl] = source.see([{ pid: 20, parent: null }])
    expect([shell?.epoch, curl?.epoch]).toEqual([0, 1])
    expect((await table()).get(20)).toMatchObject({ argv: ['curl'], epoch: 1 })
  })

  it('makes the table anew only as long as it is in it', async () => {
    const before = await table()
    expect(await table()).toBe(before)
    proc.set({ pid: 20, ppid: 10, startTicks: 90_000 })
    source.see([{ pid: 20, parent: 10 }])
    proc.remove(20)
    expect(await table()).not.toBe(before)
    const after = await table()
    expect(await table()).toBe(after)
  })
})

describe('an orphan', () => {
  it('is below who forked it in the next table, and below its new parent later', async () => {
    await table()
    proc.set({ pid: 20, ppid: 1, startTicks: 90_000 })
    expect(source.see([{ pid: 20, parent: 10 }])[0]?.ppid).toBe(10)
    expect((await table()).get(20)?.ppid).toBe(10)
    expect((await table()).get(20)?.ppid).toBe(1)
  })

  it('of a double fork is below the first that lives, for nobody could read the one between', async () => {
    await table()
    proc.set({ pid: 22, ppid: 1, startTicks: 90_000 })
    const [seen] = source.see([
      { pid: 20, parent: 10 },
      { pid: 21, parent: 20 },
      { pid: 22, parent: 21 },
    ])
    expect(seen).toMatchObject({ pid: 22, ppid: 10 })
    expect((await table()).get(22)?.ppid).toBe(10)
  })

  it('is below a parent that was told a sample earlier and has gone since', async () => {
    await table()
    expect(source.see([{ pid: 20, parent: 10 }])).toEqual([])
    await table()
    proc.set({ pid: 21, ppid: 1, startTicks: 90_000 })
    source.see([{ pid: 21, parent: 20 }])
    expect((await table()).get(21)?.ppid).toBe(10)
  })

  it('keeps its parent in the table once more where that has ended since the last one', async () => {
    await table()
    proc.set({ pid: 20, ppid: 1, startTicks: 90_000 })
    proc.remove(10)
    source.see([{ pid: 20, parent: 10 }])
    const first = await table()
    expect(first.get(20)?.ppid).toBe(10)
    expect(first.has(10)).toBe(true)
    const second = await table()
    expect(second.has(10)).toBe(false)
    expect(second.get(20)?.ppid).toBe(1)
  })

  it('is left where it is when its parent is nobody we know', async () => {
    await table()
    proc.set({ pid: 20, ppid: 1, startTicks: 90_000 })
    source.see([{ pid: 20, parent: 777 }])
    expect((await table()).get(20)?.ppid).toBe(1)
  })

  it('is not put below a process that is younger: that has only its parent’s number', async () => {
    proc.set({ pid: 30, startTicks: 95_000 })
    await table()
    proc.set({ pid: 20, ppid: 1, startTicks: 90_000 })
    source.see([{ pid: 20, parent: 30 }])
    expect((await table()).get(20)?.ppid).toBe(1)
  })
})

describe('a number that was given anew between event and look', () => {
  it('is known by its start: nothing is said of who bears it now', async () => {
    await table()
    // 950 s after the boot.
    const bornAtNs = 850e9
    proc.set({ pid: 20, ppid: 1, startTicks: 99_000 })
    expect(source.see([{ pid: 20, parent: 10, bornAtNs }])).toEqual([])
    expect((await table()).get(20)?.ppid).toBe(1)
    proc.set({ pid: 21, ppid: 1, startTicks: 95_001 })
    expect(source.see([{ pid: 21, parent: 10, bornAtNs }])).toHaveLength(1)
    expect((await table()).get(21)?.ppid).toBe(10)
  })
})

it('a storm is read in part, and the rest is in its place with the next table', async () => {
  await table()
  const pids = Array.from({ length: 1_000 }, (_, index) => 100 + index)
  for (const pid of pids) proc.set({ pid, ppid: 1, startTicks: 90_000 })
  const seen = source.see(pids.map((pid) => ({ pid, parent: 10 })))
  expect(seen.length).toBeLessThan(500)
  const processes = await table()
  expect(pids.every((pid) => processes.get(pid)?.ppid === 10)).toBe(true)
})
