import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configurationFacts } from '../../../daemon/doctor/configurations.ts'
import { logFacts, parseLog } from '../../../daemon/doctor/log-tail.ts'
import { surroundings } from '../../../daemon/doctor/surroundings.ts'
import { toolFacts } from '../../../daemon/doctor/tools.ts'

const machine = (files: Record<string, string>, links: Record<string, string> = {}) =>
  surroundings('linux', {
    read: (path) => files[path] ?? null,
    link: (path) => links[path] ?? null,
  })

describe('the surroundings', () => {
  it.each([
    [{ '/proc/sys/kernel/osrelease': '5.15.167.4-microsoft-standard-WSL2\n' }, { wsl: true }],
    [{ '/proc/sys/kernel/osrelease': '4.4.0-19041-Microsoft\n' }, { wsl: true }],
    [{ '/proc/sys/kernel/osrelease': '6.18.0\n' }, { wsl: false, container: null }],
    [{ '/.dockerenv': '' }, { container: 'docker' }],
    [{ '/run/.containerenv': '' }, { container: 'podman' }],
    [{ '/run/systemd/container': 'systemd-nspawn\n' }, { container: 'other' }],
    [{ '/run/systemd/container': 'wsl\n' }, { container: null }],
    [{ '/proc/1/cgroup': '0::/kubepods/besteffort/pod1/x' }, { container: 'kubernetes' }],
    [
      { '/proc/self/mountinfo': '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw' },
      { cgroup2: true },
    ],
    [
      { '/proc/self/mountinfo': '30 1 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw' },
      { cgroup2: false },
    ],
    [{}, { cgroup2: null }],
    [
      { '/proc/self/mountinfo': '22 1 0:5 / /proc rw,nosuid - proc proc rw,hidepid=invisible' },
      { hiddenProcesses: true },
    ],
    [
      { '/proc/self/mountinfo': '22 1 0:5 / /proc rw,nosuid - proc proc rw,hidepid=0' },
      { hiddenProcesses: false },
    ],
  ])('%j', (files, found) => {
    expect(machine(files).system).toMatchObject(found)
  })

  it('knows a network of its own where process 1 may be asked', () => {
    const own = { '/proc/self/ns/net': 'net:[2]' }
    expect(machine({}, own).system).toMatchObject({ netns: 'net:[2]', netnsOfInit: null })
    expect(machine({}, { ...own, '/proc/1/ns/net': 'net:[1]' }).system.netnsOfInit).toBe(false)
  })
})

describe('the log', () => {
  const line = (fields: object): string => `${JSON.stringify(fields)}\n`

  it('is counted, and its last troubles kept without what surrounds them', () => {
    const text =
      'a cut beginning"}\n' +
      line({ level: 30, time: 1, msg: 'started' }) +
      line({
        level: 40,
        time: 2,
        msg: 'a sample failed',
        err: { code: 'TOOL_TIMEOUT' },
        x: 'secret',
      }) +
      line({ level: 60, time: 3, msg: 'odd \u001b[2Jthing', err: { code: 'no code at all' } })
    expect(logFacts(parseLog(text))).toEqual({
      warnings: 1,
      errors: 1,
      last: [
        {
          time: '1970-01-01T00:00:00.002Z',
          level: 'warning',
          message: 'a sample failed (TOOL_TIMEOUT)',
        },
        { time: '1970-01-01T00:00:00.003Z', level: 'error', message: 'odd thing' },
      ],
    })
  })

  it('may hold anything', () => {
    const odd = fc.record({ level: fc.anything(), time: fc.anything(), msg: fc.anything() })
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            odd.map((it) => JSON.stringify(it)),
          ),
        ),
        (lines) => {
          for (const { time } of parseLog(lines.join('\n'))) expect(time).toMatch(/^\d{4}-.*Z$/)
        },
      ),
    )
  })
})

it('places with a star are there when any file of theirs is', () => {
  const known = [
    {
      id: 'x',
      name: 'X',
      paths: ['/h/.x/profiles/*/mcp.json', '/h/.x/mcp.json', '/h/.x/*/none.json'],
      projectPaths: ['.x.json'],
    },
  ]
  const read = [{ client: 'x', file: '/h/.x/profiles/a/mcp.json', servers: 1 }]
  const diagnostics = [
    { client: 'x', file: '/h/.x/mcp.json', line: null, column: null, message: 'broken' },
  ]
  const found = configurationFacts({
    known,
    found: { read, diagnostics },
    servers: [],
    running: ['x', 'y', 'x'],
  })
  expect(found.absent).toEqual([{ client: 'x', path: '/h/.x/*/none.json' }])
  expect(found.running).toEqual([
    { client: 'x', processes: 2, read: true },
    { client: 'y', processes: 1, read: false },
  ])
})

it('tools tell their version on either stream, or not at all', async () => {
  const told: Record<string, { stdout: string; stderr: string }> = {
    '/b/ss': { stdout: 'ss utility, iproute2-6.1.0, libbpf 1.1.0\n', stderr: '' },
    '/b/lsof': { stdout: '', stderr: 'lsof version information:\n    revision: 4.95.0\n' },
  }
  const runTool = async (path: string) => told[path] ?? Promise.reject(new Error('x'))
  const find = (name: string): string => `/b/${name}`
  expect(await toolFacts({ findTool: find, runTool }, ['ss', 'lsof'])).toEqual([
    { name: 'ss', path: '/b/ss', version: '6.1.0' },
    { name: 'lsof', path: '/b/lsof', version: '4.95.0' },
  ])
  const elsewhere = (name: string): string | null => (name === 'ss' ? '/c/ss' : null)
  expect(await toolFacts({ findTool: elsewhere, runTool }, ['ss', 'lsof'])).toEqual([
    { name: 'ss', path: '/c/ss', version: null },
    { name: 'lsof', path: null, version: null },
  ])
})
