/** What events told of between two samples, over a /proc in memory. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { ProcessSource } from '../../../daemon/ports.ts'
import { createProcSource } from '../../../daemon/processes/proc-source.ts'
import type { Process } from '../../../shared/model/process.ts'
import { createFakeProc, type FakeProc } from './fake-proc.ts'

const NOBODY: ReadonlySet<number> = new Set()
/** Of the uptime, which begins at 1000 s, 100 s were spent suspended. */
const monotonicNs = (): number => (proc.uptime - 100) * 1e9 + pauseNs

let proc: FakeProc
let time: number
/** How much later than the other clock this one was read. */
let pauseNs: number
let source: ProcessSource

beforeEach(() => {
  proc = createFakeProc()
  time = 0
  pauseNs = 0
  source = createProcSource({
    clock: { wallMs: () => 1_700_000_000_000 + time, monotonicMs: () => time },
    packages: { packageOf: () => null },
    ownUid: 1000,
    files: proc,
    monotonicNs,
  })
  proc.set({ pid: 1, ppid: 0, startTicks: 1 })
  proc.set({ pid: 10, startTicks: 500 })
})

async function table(): Promise<ReadonlyMap<number, Process>> {
  time += 1_000
  proc.uptime += 1
  return (await source.sample(NOBODY)).processes
}

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
    expect(Math.abs((shown?.startedAt ?? 0) - (1_700_000_000_000 + time - 5))).toBeLessThan(20)
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
      pauseNs = pause
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
