/** Processes that ended before anybody could read them, over a /proc in memory. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import { createTables, type Tables } from './tables.ts'

let proc: Tables['proc']
let source: Tables['source']
let clock: Tables['clock']
let table: Tables['table']

beforeEach(() => {
  ;({ proc, source, clock, table } = createTables())
})

describe('a process that is known by its events alone', () => {
  /** Of the uptime of 1001 s that the first table leaves, 901 s by the events' clock. */
  const bornAtNs = 900.995e9
  const born = { pid: 20, parent: 10, bornAtNs }
  const lived = { uid: 1000, comm: 'curl', atNs: 900.998e9 }
  const KEY = 'b0071d00:20:100100:0'

  it('is in the next table, below who forked it, and in no other', async () => {
    const before = await table()
    const [shown] = source.see([{ ...born, lived }])
    const { bootId, netns, cgroup } = before.get(10) as Process
    expect(shown).toEqual({
      key: KEY,
      bootId,
      pid: 20,
      ppid: 10,
      pgid: null,
      sid: null,
      uid: 1000,
      startTicks: 100_100,
      epoch: 0,
      startedAt: expect.any(Number),
      executable: null,
      comm: 'curl',
      argv: [],
      argvForm: 'given',
      argvBytes: null,
      cwd: null,
      script: null,
      stdin: 'unknown',
      stdout: 'unknown',
      netns,
      readable: true,
      cgroup,
    })
    // A tick of the boot clock is all that two clocks may differ by.
    expect(Math.abs((shown?.startedAt ?? 0) - (clock.wallMs - 5))).toBeLessThan(20)
    expect((await table()).get(20)).toEqual(shown)
    expect((await table()).has(20)).toBe(false)
  })

  it('needs an event that proves it: a fork alone shows nobody', async () => {
    await table()
    expect(source.see([born])).toEqual([])
    expect((await table()).has(20)).toBe(false)
  })

  it('has its parent from an earlier sighting, of this interval or the last', async () => {
    await table()
    source.see([born])
    expect(source.see([{ pid: 20, parent: null, lived }])).toMatchObject([{ key: KEY, ppid: 10 }])
    const first = (await table()).get(20)
    expect(first).toMatchObject({ key: KEY, ppid: 10 })
    source.see([{ pid: 20, parent: null, lived: { ...lived, atNs: 900.999e9 } }])
    expect((await table()).get(20)?.key).toBe(first?.key)
    await table()
    await table()
    expect(source.see([{ pid: 20, parent: null, lived }])).toEqual([])
    expect((await table()).has(20)).toBe(false)
  })

  it('is left out where nobody above it is known', async () => {
    await table()
    expect(source.see([{ ...born, parent: 777, lived }])).toEqual([])
    expect(source.see([{ pid: 21, parent: null, lived }])).toEqual([])
    const processes = await table()
    expect([processes.has(20), processes.has(21)]).toEqual([false, false])
  })

  it('is below the first that can be read, and below its parent where that lived too', async () => {
    await table()
    const line = [
      { pid: 19, parent: 10, bornAtNs: bornAtNs - 1e6 },
      { ...born, parent: 19, lived },
    ]
    expect(source.see(line)).toMatchObject([{ pid: 20, ppid: 10 }])
    // Told after its child.
    source.see([{ pid: 19, parent: null, lived: { ...lived, comm: 'sh' } }])
    const processes = await table()
    expect(processes.get(20)).toMatchObject({ ppid: 19, comm: 'curl' })
    expect(processes.get(19)).toMatchObject({ ppid: 10, comm: 'sh' })
  })

  it('keeps its parent in the table once more where that has ended too', async () => {
    await table()
    proc.remove(10)
    source.see([{ ...born, lived }])
    const processes = await table()
    expect(processes.get(20)?.ppid).toBe(10)
    expect(processes.has(10)).toBe(true)
    expect((await table()).size).toBe(1)
  })

  it('has the name of its last program', async () => {
    await table()
    source.see([{ ...born, lived: { ...lived, comm: 'sh' } }])
    source.see([{ ...born, lived: { ...lived, atNs: lived.atNs + 1e6 } }])
    expect((await table()).get(20)).toMatchObject({ key: KEY, comm: 'curl' })
  })

  it('that is still there as a zombie is one all the same', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 100_099, state: 'Z', cmdline: '' })
    expect(source.see([{ ...born, lived }])).toMatchObject([{ key: KEY }])
    expect((await table()).get(20)?.key).toBe(KEY)
  })

  it('is what was read of it where anything was: at its fork, or in the last table', async () => {
    proc.set({ pid: 30, ppid: 10, startTicks: 600, argv: ['server'] })
    const before = await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 100_099, argv: ['sh'] })
    const [read] = source.see([born])
    proc.remove(20)
    proc.remove(30)
    const now = source.see([
      { pid: 20, parent: null, lived },
      { pid: 30, parent: null, lived },
    ])
    expect(now).toEqual([read, before.get(30)])
    expect(read).toMatchObject({ argv: ['sh'], key: 'b0071d00:20:100099:0' })
    const processes = await table()
    expect([processes.get(20), processes.get(30)]).toEqual([read, before.get(30)])
    // Told of once more, one table later.
    source.see([{ pid: 20, parent: null, lived }])
    expect((await table()).get(20)).toEqual(read)
  })

  it('is what was in the table before the last one, where its event comes late', async () => {
    proc.set({ pid: 30, ppid: 10, startTicks: 600, argv: ['server'] })
    const before = await table()
    proc.remove(30)
    expect((await table()).has(30)).toBe(false)
    const late = { pid: 30, parent: null, lived }
    expect(source.see([late])).toEqual([before.get(30)])
    expect((await table()).get(30)).toEqual(before.get(30))
    expect((await table()).has(30)).toBe(false)
  })

  it('is nobody that has its number now, and gives way to that one', async () => {
    await table()
    proc.set({ pid: 20, ppid: 1, startTicks: 100_300, argv: ['stranger'] })
    proc.uptime += 3
    expect(source.see([{ ...born, lived }])).toMatchObject([{ key: KEY, ppid: 10, argv: [] }])
    expect((await table()).get(20)).toMatchObject({ argv: ['stranger'], ppid: 1 })
  })

  it('is not who began after its event, where no fork tells them apart', async () => {
    await table()
    proc.set({ pid: 20, ppid: 10, startTicks: 100_300, argv: ['stranger'] })
    proc.uptime += 3
    expect(source.see([{ pid: 20, parent: 10, lived }])).toMatchObject([{ key: KEY, argv: [] }])
    proc.set({ pid: 20, ppid: 10, startTicks: 100_050, argv: ['itself'] })
    expect(source.see([{ pid: 20, parent: 10, lived }])).toMatchObject([{ argv: ['itself'] }])
  })

  it('is told from another by its fork: the later one counts, whatever the order', async () => {
    await table()
    const later = { pid: 20, parent: 1, bornAtNs: bornAtNs + 2e9 }
    source.see([later, { ...born, lived }, { pid: 20, parent: null, lived }])
    expect((await table()).has(20)).toBe(false)
    source.see([
      { ...born, lived },
      { ...later, lived: { ...lived, comm: 'late', atNs: lived.atNs + 2e9 } },
    ])
    expect((await table()).get(20)).toMatchObject({ comm: 'late', ppid: 1, startTicks: 100_300 })
  })

  it('is not taken for one of the last table that had its number before it was born', async () => {
    proc.set({ pid: 20, ppid: 1, startTicks: 700, argv: ['before'] })
    await table()
    proc.remove(20)
    expect(source.see([{ ...born, lived }])).toMatchObject([{ key: KEY, argv: [], ppid: 10 }])
    expect((await table()).get(20)?.key).toBe(KEY)
  })

  it('keeps its key however long the pause between the reading of two clocks', async () => {
    await table()
    const keys = new Set<string | undefined>()
    for (const pause of [0, 2e6, 40e6, 7e6]) {
      clock.pauseNs = pause
      keys.add(source.see([{ ...born, lived }])[0]?.key)
      await table()
    }
    expect(keys).toEqual(new Set([KEY]))
  })

  it('is in the table also when there were too many to be looked at', async () => {
    await table()
    const pids = Array.from({ length: 1_000 }, (_, index) => 100 + index)
    proc.set({ pid: 1_099, ppid: 10, startTicks: 100_099, argv: ['alive'] })
    const shown = source.see(pids.map((pid) => ({ ...born, pid, lived })))
    expect(shown.length).toBeLessThan(500)
    const processes = await table()
    expect(pids.every((pid) => processes.get(pid)?.ppid === 10)).toBe(true)
    expect(processes.get(1_099)?.argv).toEqual(['alive'])
  })
})
