import { beforeEach, describe, expect, it } from 'vitest'
import type { ProcessSource } from '../../../daemon/ports.ts'
import { createProcSource } from '../../../daemon/processes/proc-source.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import type { Process } from '../../../shared/model/process.ts'
import { createFakeProc, type FakeProc } from './fake-proc.ts'

const NOBODY: ReadonlySet<number> = new Set()
const only = (...pids: number[]): ReadonlySet<number> => new Set(pids)

let proc: FakeProc
let wall: number
let mono: number
let source: ProcessSource

beforeEach(() => {
  proc = createFakeProc()
  wall = 1_700_000_000_000
  mono = 0
  source = create(1000)
})

function create(ownUid: number): ProcessSource {
  return createProcSource({
    clock: { wallMs: () => wall, monotonicMs: () => mono },
    packages: { packageOf: () => null },
    ownUid,
    files: proc,
  })
}

function passSeconds(seconds: number): void {
  wall += seconds * 1000
  mono += seconds * 1000
  proc.uptime += seconds
}

async function look(pid: number, interest: ReadonlySet<number> = only(pid)): Promise<Process> {
  const table = await source.sample(interest)
  const process = table.processes.get(pid)
  if (process === undefined) throw new Error(`process ${pid} is not in the table`)
  return process
}

describe('identity', () => {
  it('is made of boot, pid, start and exec epoch', async () => {
    proc.set({ pid: 7, startTicks: 4200 })
    expect(await look(7)).toMatchObject({ key: 'b0071d00:7:4200:0', epoch: 0, startTicks: 4200 })
  })

  it('is another one when the pid was used again, with its epochs from 0', async () => {
    proc.set({ pid: 7, startTicks: 4200 })
    await look(7)
    proc.set({ pid: 7, startTicks: 9900, argv: ['other'] })
    expect(await look(7)).toMatchObject({ key: 'b0071d00:7:9900:0', argv: ['other'] })
  })

  it('gets a new epoch with an exec of the same image, seen by where the arguments are', async () => {
    proc.set({ pid: 7, argv: ['node', 'a'] })
    await look(7)
    proc.set({ pid: 7, argv: ['node', 'b'], argStart: 140_000_000_777_000 })
    expect(await look(7)).toMatchObject({ epoch: 1, argv: ['node', 'b'] })
  })

  it('gets a new epoch with another image where addresses are not told', async () => {
    const unknown = { argStart: 0, startStack: 0 }
    proc.set({ pid: 7, ...unknown, links: { exe: '/usr/bin/uvx' } })
    await look(7)
    proc.set({ pid: 7, ...unknown, links: { exe: '/usr/bin/uv' } })
    expect(await look(7)).toMatchObject({ epoch: 1, executable: '/usr/bin/uv' })
  })

  it('is not another one in the middle of an exec, when the arguments are not in place yet', async () => {
    const midway = { argStart: 0, startStack: 0, argv: [], links: { exe: '/usr/bin/sleep' } }
    proc.set({ pid: 7, argv: ['sh', '-c', 'exec sleep 9'] })
    const shell = await look(7)
    proc.set({ pid: 7, ...midway })
    expect(await look(7, NOBODY)).toBe(shell)
    expect(await look(7)).toBe(shell)
    proc.set({ pid: 7, argv: ['sleep', '9'], argStart: 140_000_000_777_000, links: midway.links })
    expect(await look(7, NOBODY)).toMatchObject({ epoch: 1, argv: ['sleep', '9'] })
  })

  it('is not told of a new process before its exec is through', async () => {
    proc.set({ pid: 7, argStart: 0, startStack: 0, argv: [] })
    expect((await source.sample(only(7))).processes.has(7)).toBe(false)
    proc.set({ pid: 7, argv: ['sleep', '9'] })
    expect(await look(7, NOBODY)).toMatchObject({ epoch: 0, argv: ['sleep', '9'] })
  })

  it('is told at once of a process that wrote nothing but NULs over its arguments', async () => {
    proc.set({ pid: 7, cmdline: '\0'.repeat(20), areaBytes: 20 })
    expect(await look(7)).toMatchObject({ argv: [], argvForm: 'rewritten', argvBytes: 20 })
  })

  it('is told of a process that stays without arguments', async () => {
    proc.set({ pid: 7, argStart: 0, startStack: 0, argv: [] })
    await source.sample(only(7))
    passSeconds(2)
    expect(await look(7)).toMatchObject({ epoch: 0, argv: [] })
  })

  it('stays through a change of title, and so do the arguments first read', async () => {
    proc.set({ pid: 7, argv: ['node', '/usr/bin/npx', '-y', 'pkg'] })
    const before = await look(7)
    proc.set({ pid: 7, comm: 'npm exec pkg', cmdline: 'npm exec pkg\0\0\0', areaBytes: 27 })
    const after = await look(7)
    expect(after).toBe(before)
    expect(after.argv).toEqual(['node', '/usr/bin/npx', '-y', 'pkg'])
  })

  it('stays when the file of the image is replaced', async () => {
    proc.set({ pid: 7, links: { exe: '/opt/tool' } })
    await look(7)
    proc.set({ pid: 7, links: { exe: '/opt/tool (deleted)' } })
    expect(await look(7)).toMatchObject({ epoch: 0, executable: '/opt/tool' })
  })

  it('is not mixed of two programs when the exec comes in the middle of reading', async () => {
    proc.set({ pid: 7, argv: ['sh', '-c', 'exec x'], links: { exe: '/bin/sh' } })
    let reads = 0
    proc.beforeStat = () => {
      reads += 1
      if (reads === 2)
        proc.set({ pid: 7, argv: ['x'], argStart: 140_000_000_555_000, links: { exe: '/bin/x' } })
    }
    expect(await look(7)).toMatchObject({ argv: ['x'], executable: '/bin/x' })
    expect(await look(7)).toMatchObject({ epoch: 0 })
  })
})

describe('what is looked at again', () => {
  it('is all of the young, then those of interest, and each other one once in sixty samples', async () => {
    proc.set({ pid: 7, startTicks: 99_900 })
    proc.set({ pid: 8, startTicks: 99_900 })
    await source.sample(NOBODY)
    const first = proc.looks.get(8) ?? 0
    passSeconds(1)
    await source.sample(NOBODY)
    expect(proc.looks.get(8)).toBe(first + 1)

    passSeconds(10)
    proc.looks.clear()
    for (let count = 0; count < 60; count += 1) await source.sample(only(7))
    expect(proc.looks.get(8)).toBe(1)
    expect(proc.looks.get(7)).toBe(60)
  })

  it('is no young one more than once a second, however many samples there are', async () => {
    proc.set({ pid: 8, startTicks: 99_900 })
    await source.sample(NOBODY)
    proc.looks.clear()
    for (let count = 0; count < 40; count += 1) {
      passSeconds(0.1)
      await source.sample(NOBODY)
    }
    // And once by the turn that comes to everybody.
    expect(proc.looks.get(8)).toBeLessThanOrEqual(5)
    expect(proc.looks.get(8)).toBeGreaterThanOrEqual(4)
  })

  it('is not all again in the second sample, where they ran long before the first', async () => {
    for (let pid = 100; pid < 160; pid += 1) proc.set({ pid, startTicks: 10 })
    await source.sample(NOBODY)
    proc.looks.clear()
    await source.sample(NOBODY)
    expect(proc.looks.size).toBe(1)
  })

  it('tells the new parent of an orphan of interest', async () => {
    proc.set({ pid: 7, ppid: 6 })
    await look(7)
    proc.set({ pid: 7, ppid: 1 })
    expect(await look(7)).toMatchObject({ ppid: 1, epoch: 0 })
  })

  it('tells that a process moved to another network namespace', async () => {
    proc.set({ pid: 7 })
    await look(7)
    proc.set({ pid: 7, links: { 'ns/net': 'net:[4026532999]' } })
    expect(await look(7)).toMatchObject({ netns: 'net:[4026532999]', epoch: 0 })
  })
})

describe('unreadable, ended and ending processes', () => {
  const locked = {
    exe: 'DENIED',
    cwd: 'DENIED',
    'fd/0': 'DENIED',
    'fd/1': 'DENIED',
    'ns/net': 'DENIED',
  } as const

  it('keeps what was known of a process that locked itself, and says that it is unreadable', async () => {
    proc.set({ pid: 7, argv: ['node', 'x'] })
    await look(7)
    proc.set({ pid: 7, argv: ['node', 'x'], argStart: 0, startStack: 0, links: locked })
    expect(await look(7)).toMatchObject({
      epoch: 0,
      readable: false,
      executable: '/usr/bin/node',
      netns: 'net:[4026531840]',
      stdin: 'pipe',
    })
  })

  it('fills in what it could not see once the process lets it in', async () => {
    proc.set({ pid: 7, argStart: 0, startStack: 0, links: locked })
    expect(await look(7)).toMatchObject({ readable: false, executable: null, stdin: 'unknown' })
    proc.set({ pid: 7 })
    expect(await look(7)).toMatchObject({ readable: true, executable: '/usr/bin/node', epoch: 0 })
  })

  it('does not take a process that is on its way out for an unreadable one', async () => {
    proc.set({ pid: 7 })
    await look(7)
    proc.set({ pid: 7, vsize: 0, argStart: 0, startStack: 0, links: { ...locked, exe: 'GONE' } })
    expect(await look(7)).toMatchObject({ readable: true, epoch: 0 })
  })

  it('takes a process whose first thread ended for unreadable once that lasts, for it is no exit then', async () => {
    const ended = { state: 'Z', vsize: 0, argStart: 0, startStack: 0 }
    proc.set({ pid: 7 })
    await look(7)
    const links = { exe: 'GONE', 'fd/0': 'GONE', 'fd/1': 'GONE', 'ns/net': 'GONE' } as const
    proc.set({ pid: 7, ...ended, threads: 2, links })
    expect(await look(7)).toMatchObject({ readable: true })
    passSeconds(1)
    expect(await look(7)).toMatchObject({ readable: false, executable: '/usr/bin/node' })
  })

  it('leaves out zombies, kernel threads and what vanishes while it is read', async () => {
    proc.set({ pid: 2, flags: 0x00200040 })
    proc.set({ pid: 7, state: 'Z', vsize: 0 })
    proc.set({ pid: 8 })
    proc.set({ pid: 9 })
    let reads = 0
    proc.beforeStat = (pid) => {
      if (pid === 8 && ++reads === 2) proc.remove(8)
    }
    const table = await source.sample(NOBODY)
    expect([...table.processes.keys()]).toEqual([9])
  })

  it('reads no descriptors, folder or namespace of another user, but of everybody as root', async () => {
    proc.set({ pid: 7, uid: 1001 })
    expect(await look(7)).toMatchObject({
      uid: 1001,
      readable: false,
      cwd: null,
      netns: null,
      stdin: 'unknown',
    })
    source = create(0)
    expect(await look(7)).toMatchObject({ readable: true, cwd: '/home/dev', stdin: 'pipe' })
  })

  it('fails with a hint when /proc cannot be listed', async () => {
    source = createProcSource({
      procRoot: '/nonexistent-proc',
      clock: { wallMs: () => wall, monotonicMs: () => mono },
      packages: { packageOf: () => null },
      ownUid: 1000,
    })
    const failure: unknown = await source.sample(NOBODY).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(McpWatchError)
    expect(failure).toMatchObject({ code: 'INTERNAL', hint: expect.stringContaining('mounted') })
  })
})

describe('start times', () => {
  it('are by the wall clock, and keep still while the boot clock is read a little off', async () => {
    proc.set({ pid: 7, startTicks: 50_000 })
    const before = await look(7)
    expect(before.startedAt).toBe(wall - 500_000)
    wall += 1010
    mono += 1010
    proc.uptime += 1
    expect(await look(7)).toBe(before)
  })

  it('follow a step of the wall clock for all processes, looked at or not', async () => {
    proc.set({ pid: 7, startTicks: 50_000 })
    const before = await look(7, NOBODY)
    wall += 3_600_000
    expect((await look(7, NOBODY)).startedAt).toBe(before.startedAt + 3_600_000)
  })
})
