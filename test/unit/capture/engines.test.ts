import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLsofEngine } from '../../../daemon/capture/lsof/engine.ts'
import type { ToolResult } from '../../../daemon/capture/run-tool.ts'
import { createSsEngine } from '../../../daemon/capture/ss/engine.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'
import {
  countedWait,
  fakeClock,
  fakeTool,
  type RecordingSink,
  recordingSink,
  toolSays,
  watched,
} from './fakes.ts'

const SS_LINE = 'tcp ESTAB 0 0 127.0.0.1:40000 203.0.113.10:443 ino:500 sk:1 cgroup:/ <->\n'
const LSOF_SET = 'f19\0tIPv4\0d500\0PTCP\0n127.0.0.1:40000->203.0.113.10:443\0TST=ESTABLISHED\0\n'
const OWN = 'net:[1]'

let procRoot: string

beforeEach(() => {
  procRoot = mkdtempSync(join(tmpdir(), 'mcp-watch-proc-'))
  mkdirSync(join(procRoot, 'self', 'ns'), { recursive: true })
  symlinkSync(OWN, join(procRoot, 'self', 'ns', 'net'))
  writeFileSync(
    join(procRoot, 'self', 'mountinfo'),
    '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  )
})
afterEach(() => {
  rmSync(procRoot, { recursive: true })
})

/** A process with one socket, and perhaps a network namespace of its own. */
function fakeProcess(pid: number, inode: number, netns = OWN): WatchedProcess {
  const folder = join(procRoot, String(pid))
  for (const part of ['fd', 'ns', 'net']) mkdirSync(join(folder, part), { recursive: true })
  symlinkSync(`socket:[${inode}]`, join(folder, 'fd', '19'))
  symlinkSync(netns, join(folder, 'ns', 'net'))
  return watched(pid, netns)
}

interface Run {
  readonly sink: RecordingSink
  readonly calls: string[][]
  readonly codes: string[]
}

async function run(
  name: 'ss' | 'lsof',
  answers: readonly (ToolResult | Error)[],
  processes: readonly WatchedProcess[],
  rounds = 1,
): Promise<Run> {
  const clock = fakeClock()
  const tool = fakeTool(answers)
  const { wait, done } = countedWait(clock, rounds)
  const deps = { tool: `/usr/bin/${name}`, runTool: tool.run, clock, procRoot, uid: 0, wait }
  const engine =
    name === 'ss' ? createSsEngine(deps) : createLsofEngine({ ...deps, platform: 'linux' })
  const sink = recordingSink()
  engine.watch(processes)
  engine.start(sink)
  await done
  await engine.stop()
  return { sink, calls: tool.calls, codes: engine.describe().degraded.map(({ code }) => code) }
}

describe.each([
  ['ss', SS_LINE],
  ['lsof', `p7\0\n${LSOF_SET}p8\0\n${LSOF_SET}`],
] as const)('%s engine', (name, output) => {
  it('gives one row with all its holders', async () => {
    const processes = [fakeProcess(7, 500), fakeProcess(8, 500)]
    const { sink } = await run(name, [toolSays(output)], processes)
    expect(sink.failures).toEqual([])
    const [batch] = sink.batches
    expect(batch?.snapshots).toHaveLength(1)
    expect(batch?.snapshots[0]).toMatchObject({
      netns: OWN,
      complete: true,
      hostWide: name === 'ss',
    })
    expect(batch?.snapshots[0]?.rows.map(({ inode }) => inode)).toEqual([500])
    expect(batch?.snapshots[0]?.rows[0]?.holders.map(({ pid }) => pid)).toEqual([7, 8])
  })

  it.each([
    [
      'hung and silent',
      toolSays('', { code: null, signal: 'SIGKILL', timedOut: true }),
      'TOOL_TIMEOUT',
    ],
    ['failing', toolSays('', { code: 255, stderr: `${name}: cannot` }), 'TOOL_FAILED'],
    ['killed', toolSays('', { code: null, signal: 'SIGTERM' }), 'TOOL_FAILED'],
    ['saying something else', toolSays('hello\nworld\n'), 'TOOL_FAILED'],
    ['not there', new McpWatchError('TOOL_MISSING', 'gone'), 'TOOL_MISSING'],
  ] as const)('reports a tool that is %s, and goes on', async (_how, answer, code) => {
    const processes = [fakeProcess(7, 500)]
    const { sink } = await run(name, [answer, toolSays(output)], processes, 2)
    expect(sink.failures.map((error) => (error as McpWatchError).code)).toEqual([code])
    expect(sink.batches).toHaveLength(1)
  })

  it.each([
    ['timed out', { code: null, signal: 'SIGKILL', timedOut: true }],
    ['was cut off', { code: null, signal: 'SIGKILL', truncated: true }],
  ] as const)('calls what came before it %s incomplete', async (_how, rest) => {
    const processes = [fakeProcess(7, 500)]
    const { sink } = await run(name, [toolSays(output, rest)], processes)
    expect(sink.failures).toEqual([])
    expect(sink.batches[0]?.snapshots[0]?.complete).toBe(false)
    expect(sink.batches[0]?.snapshots[0]?.rows).toHaveLength(1)
  })

  it('reads another network namespace through its process, and says when it has ended', async () => {
    const inside = fakeProcess(9, 900, 'net:[2]')
    const line =
      '   0: 0100007F:A63D 0A7100CB:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 900 1 0 20 0\n'
    writeFileSync(join(procRoot, '9', 'net', 'tcp'), `  sl  local\n${line}`)
    writeFileSync(join(procRoot, '9', 'net', 'udp'), '  sl  local\n')
    const answer = toolSays(name === 'ss' ? SS_LINE : '')
    const { sink } = await run(name, [answer], [inside])
    expect(sink.batches[0]?.snapshots[1]).toMatchObject({
      netns: 'net:[2]',
      complete: true,
      rows: [{ remote: { address: '203.0.113.10', port: 443 }, inode: 900, holders: [{ pid: 9 }] }],
    })

    const clock = fakeClock()
    const { wait, done } = countedWait(clock, 3)
    const deps = { tool: '/usr/bin/x', clock, procRoot, uid: 0, wait, platform: 'linux' as const }
    const tool = fakeTool([answer])
    const engine =
      name === 'ss'
        ? createSsEngine({ ...deps, runTool: tool.run })
        : createLsofEngine({ ...deps, runTool: tool.run })
    const later = recordingSink()
    engine.watch([inside])
    engine.start({
      ...later,
      accept: (batch) => {
        later.accept(batch)
        engine.watch([])
      },
    })
    await done
    await engine.stop()
    expect(
      later.batches.map(({ snapshots }) => snapshots.slice(1).map(({ rows }) => rows.length)),
    ).toEqual([[1], [0], []])
  })
})

describe('ss engine', () => {
  it('does not read a namespace through a process that has moved to another', async () => {
    const moved = { ...fakeProcess(9, 900, 'net:[3]'), netns: 'net:[2]' }
    writeFileSync(join(procRoot, '9', 'net', 'tcp'), '  sl  local\n')
    writeFileSync(join(procRoot, '9', 'net', 'udp'), '  sl  local\n')
    const { sink } = await run('ss', [toolSays(SS_LINE)], [moved])
    expect(sink.batches[0]?.snapshots.map(({ netns }) => netns)).toEqual([OWN])
  })

  it('does without -O where ss is too old for it, and asks only once', async () => {
    const refused = toolSays('', { code: 255, stderr: "ss: invalid option -- 'O'\nUsage: ss" })
    const { sink, calls } = await run('ss', [refused, toolSays(SS_LINE)], [], 2)
    expect(calls.map((args) => args.includes('-O'))).toEqual([true, false, false])
    expect(sink.failures).toEqual([])
    expect(sink.batches).toHaveLength(2)
  })

  it('never asks for processes or statistics', async () => {
    const { calls } = await run('ss', [toolSays(SS_LINE)], [])
    expect(calls[0]?.some((arg) => /^-[a-zA-Z]*[pi]/.test(arg))).toBe(false)
  })

  it('warns where no cgroup2 mount is visible', async () => {
    expect((await run('ss', [toolSays(SS_LINE)], [])).codes).not.toContain('cgroup2-not-visible')
    writeFileSync(
      join(procRoot, 'self', 'mountinfo'),
      '41 31 0:38 / /sys/fs/cgroup rw - cgroup c rw\n',
    )
    expect((await run('ss', [toolSays(SS_LINE)], [])).codes).toContain('cgroup2-not-visible')
  })

  it('takes no sockets at all for an answer, unless ss complained', async () => {
    expect((await run('ss', [toolSays('')], [])).sink.batches).toHaveLength(1)
    const complaint = toolSays('', { stderr: 'Cannot open netlink socket: Permission denied\n' })
    expect((await run('ss', [complaint], [])).sink.failures).toHaveLength(1)
  })
})

describe('lsof engine', () => {
  it('ands its conditions, asks for its fields, and splits long lists', async () => {
    const processes = Array.from({ length: 450 }, (_, i) => watched(i + 1))
    const { calls } = await run('lsof', [toolSays('', { code: 1 })], processes)
    const counts = calls.map((args) => args[args.indexOf('-p') + 1]?.split(',').length)
    expect(counts).toEqual([200, 200, 50])
    expect(calls.every((args) => args.includes('-a') && args.includes('-F0pfdtPnT'))).toBe(true)
  })

  it('takes exit code 1 without complaint for "nothing there"', async () => {
    const { sink } = await run('lsof', [toolSays('', { code: 1 })], [fakeProcess(7, 500)])
    expect(sink.failures).toEqual([])
    expect(sink.batches[0]?.snapshots[0]).toMatchObject({ complete: true, rows: [] })
  })

  it('does not start lsof when nothing is watched', async () => {
    const { sink, calls } = await run('lsof', [toolSays('')], [])
    expect(calls).toEqual([])
    expect(sink.batches).toHaveLength(1)
  })
})
