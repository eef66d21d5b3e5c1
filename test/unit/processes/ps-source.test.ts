import type { ProcessDescriptor } from 'ps-list'
import { describe, expect, it } from 'vitest'
import type { ProcessSource } from '../../../daemon/ports.ts'
import { createPsSource } from '../../../daemon/processes/ps-source.ts'
import type { Process } from '../../../shared/model/process.ts'

const START = new Date('2026-11-20T10:00:00Z')
const NOBODY: ReadonlySet<number> = new Set()

function sourceOf(rows: () => readonly ProcessDescriptor[], commIsPath = false): ProcessSource {
  return createPsSource({
    psList: async () => rows(),
    clock: { wallMs: () => START.getTime() + 60_000, monotonicMs: () => 0 },
    packages: { packageOf: () => null },
    ownUid: 501,
    commIsPath,
  })
}

function row(change: Partial<ProcessDescriptor>): ProcessDescriptor {
  return {
    pid: 7,
    ppid: 1,
    uid: 501,
    name: 'node',
    path: '/usr/bin/node',
    cmd: 'node a.js',
    startTime: START,
    ...change,
  }
}

async function follow(
  changes: readonly Partial<ProcessDescriptor>[],
): Promise<readonly (Process | undefined)[]> {
  let current = row({})
  const source = sourceOf(() => [current])
  const seen: (Process | undefined)[] = []
  for (const change of changes) {
    current = row(change)
    seen.push((await source.sample(NOBODY)).processes.get(7))
  }
  return seen
}

describe('createPsSource', () => {
  it('tells what ps tells, and that arguments are joined and descriptors not known', async () => {
    const [process] = await follow([{}])
    const ticks = (START.getTime() / 1000) * 100
    expect(process).toMatchObject({
      key: `ps:7:${ticks}:0`,
      startTicks: ticks,
      startedAt: START.getTime(),
      executable: '/usr/bin/node',
      argv: ['node a.js'],
      argvForm: 'joined',
      stdin: 'unknown',
      readable: true,
    })
  })

  it('tells an exec by the path, or by a command that names the image, from a change of title', async () => {
    const keys = await follow([
      { cmd: 'uvx tool', path: '/usr/bin/uvx' },
      { cmd: 'uv tool uvx tool', path: '/usr/bin/uv' },
      { cmd: 'a title', path: '/usr/bin/uv' },
      { cmd: '/usr/bin/uv other', path: '/usr/bin/uv' },
    ])
    expect(keys.map((process) => process?.epoch)).toEqual([0, 1, 1, 2])
    expect(keys[2]?.argv).toEqual(['uv tool uvx tool'])
  })

  it('follows parents, bears a start time a second off, and sees a pid used again', async () => {
    const keys = await follow([
      {},
      { ppid: 5, startTime: new Date(START.getTime() + 1000) },
      { startTime: new Date(START.getTime() + 9000) },
    ])
    expect(keys[1]).toMatchObject({ key: keys[0]?.key, ppid: 5 })
    expect(keys[2]?.key).not.toBe(keys[0]?.key)
  })

  it('believes the short name to be a path only where the system makes it one', async () => {
    const rows = [row({ path: '', name: '/usr/local/bin/node' }), row({ pid: 8, uid: 0 })]
    const linux = await sourceOf(() => rows).sample(NOBODY)
    const mac = await sourceOf(() => rows, true).sample(NOBODY)
    expect(linux.processes.get(7)?.executable).toBeNull()
    expect(mac.processes.get(7)?.executable).toBe('/usr/local/bin/node')
    expect(mac.processes.get(8)?.readable).toBe(false)
  })

  it('fails with a code of ours when ps cannot be run', async () => {
    const source = createPsSource({
      psList: () => Promise.reject(new Error('spawn ps ENOENT')),
      clock: { wallMs: () => 0, monotonicMs: () => 0 },
      packages: { packageOf: () => null },
      ownUid: 501,
    })
    await expect(source.sample(NOBODY)).rejects.toMatchObject({ code: 'TOOL_FAILED' })
  })
})
