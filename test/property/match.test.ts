/**
 * Random machines: clients × launchers × servers × what else runs. Nothing may be given to a server that did not
 * start it, and what was started as configured is found.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MatchState } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { area, npxTree, proc, run, script, server, titled } from '../unit/match/world.ts'

const KINDS = ['npx', 'node', 'uvx', 'shell', 'binary', 'disclaimer', 'module', 'docker'] as const
type Kind = (typeof KINDS)[number]
const CLIENTS = ['claude-desktop', 'cursor', 'codex'] as const
const EXECUTABLES = {
  'claude-desktop': '/opt/Claude/Claude',
  cursor: '/opt/cursor/cursor',
  codex: '/usr/bin/codex',
} as const

interface Entry {
  readonly kind: Kind
  /** Which of a few packages, scripts or programs: a small number, so that entries collide. */
  readonly which: number
  readonly args: readonly string[]
  readonly client: (typeof CLIENTS)[number]
}

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom(...KINDS),
  which: fc.integer({ min: 0, max: 2 }),
  args: fc.array(fc.constantFrom('/a', '/b', '--flag', 'x y', '--db=1'), { maxLength: 3 }),
  client: fc.constantFrom(...CLIENTS),
})

/** The configured command line of an entry. */
function lineOf({ kind, which, args }: Entry): readonly string[] {
  switch (kind) {
    case 'npx':
      return ['npx', '-y', `@s/server-${which}`, ...args]
    case 'node':
    case 'disclaimer':
      return ['node', `/w/${which}/server.js`, ...args]
    case 'uvx':
      return ['uvx', `tool-${which}`, ...args]
    case 'shell':
      return ['sh', '-c', `node /w/${which}/server.js ${args.map((arg) => `'${arg}'`).join(' ')}`]
    case 'binary':
      return [`/opt/${which}/mcp`, ...args]
    case 'module':
      return ['python3', '-m', `module_${which}`, ...args]
    case 'docker':
      return ['docker', 'run', '-i', '--rm', `img/${which}`, ...args]
  }
}

function serverOf(one: Entry, index: number): Server {
  const path = `/w/${one.which}/server.js`
  const onDisk = ['node', 'disclaimer', 'shell'].includes(one.kind)
  return server(`s${index}`, lineOf(one), {
    client: one.client,
    script: onDisk ? script(path) : null,
  })
}

/** The processes that starting an entry makes, numbered from `at`; the server itself is the last. */
function treeOf(one: Entry, at: number, parent: number): readonly Process[] {
  const { which, args } = one
  const path = `/w/${which}/server.js`
  const node = (pid: number, above: number): Process =>
    proc(pid, above, ['node', path, ...args], { script: script(path) })
  switch (one.kind) {
    case 'npx':
      return npxTree(at, parent, args, `@s/server-${which}`)
    case 'node':
      return [node(at, parent)]
    case 'disclaimer':
      return [proc(at, parent, ['/A/Helpers/disclaimer', 'node', path, ...args]), node(at + 1, at)]
    case 'shell':
      return [proc(at, parent, lineOf(one)), node(at + 1, at)]
    case 'uvx': {
      const bin = `/c/uv/h/bin/tool-${which}`
      const line = ['/c/uv/h/bin/python', bin, ...args]
      return [
        proc(at, parent, ['/usr/bin/uv', 'tool', 'uvx', `tool-${which}`, ...args]),
        proc(at + 1, at, line, { script: { path: bin, realPath: bin, package: null } }),
      ]
    }
    case 'binary':
    case 'module':
    case 'docker':
      return [proc(at, parent, lineOf(one))]
  }
}

/** Processes that have nothing to do with any server, with hostile words. */
const noise = fc.record({
  under: fc.nat(),
  line: fc.oneof(
    fc.array(fc.string(), { maxLength: 4 }),
    fc.constantFrom(
      ['vim', '/w/0/server.js'],
      ['grep', 'npx', '-y', '@s/server-0'],
      ['node', '/x/0/server.js', '/a'],
      ['node', '/usr/bin/npm', 'view', '@s/server-1'],
      ['sh', '-c', 'tail -f /w/1/server.js'],
      ['docker', 'run', '-it', 'other', 'img/0'],
    ),
  ),
})

interface Machine {
  readonly servers: readonly Server[]
  readonly processes: readonly Process[]
  /** Index of the entry that started a process; absent for noise beside the trees. */
  readonly truth: ReadonlyMap<number, number>
  readonly serverPids: readonly number[]
}

const machine: fc.Arbitrary<Machine> = fc
  .record({
    entries: fc.array(entry, { minLength: 1, maxLength: 6 }),
    starts: fc.array(fc.nat(), { maxLength: 6 }),
    noises: fc.array(noise, { maxLength: 12 }),
  })
  .map(({ entries, starts, noises }) => {
    const clients = CLIENTS.map((id, index) => proc(10 + index, 1, [EXECUTABLES[id]]))
    const processes: Process[] = [proc(1, 0, ['/sbin/init']), ...clients]
    const truth = new Map<number, number>()
    const serverPids: number[] = []
    for (const [index, start] of starts.entries()) {
      const which = start % entries.length
      const one = entries[which]
      if (one === undefined) continue
      const tree = treeOf(one, 100 + index * 10, 10 + CLIENTS.indexOf(one.client))
      processes.push(...tree)
      for (const { pid } of tree) truth.set(pid, which)
      serverPids.push(tree.at(-1)?.pid ?? 0)
    }
    for (const [index, { under, line }] of noises.entries()) {
      const parent = processes[under % processes.length]?.pid ?? 1
      const executable = line[0] === 'node' ? '/usr/bin/node' : '/usr/bin/tool'
      const owner = truth.get(parent)
      if (owner !== undefined) truth.set(500 + index, owner)
      processes.push(proc(500 + index, parent, line, { executable, script: noiseScript(line) }))
    }
    return { servers: entries.map(serverOf), processes, truth, serverPids }
  })

function noiseScript(line: readonly string[]): ReturnType<typeof script> | null {
  return line[0] === 'node' && line[1] !== undefined ? script(line[1]) : null
}

/** Entries with the very same command line and client cannot be told apart. */
function sameEntry(servers: readonly Server[], one: number, id: string): boolean {
  return servers[one]?.id === id
}

function check(world: Machine, previous?: MatchState): MatchState {
  const { servers, processes, truth, serverPids } = world
  const output = run(servers, processes, previous)
  const seen = new Map<number, string>()
  for (const { members, serverIds } of output.instances)
    for (const { process, role } of members) {
      const owner = truth.get(process.pid)
      expect(owner, `process ${process.pid} was started by no server`).toBeDefined()
      expect(serverIds.some((id) => sameEntry(servers, owner ?? -1, id))).toBe(true)
      expect(seen.has(process.pid)).toBe(false)
      seen.set(process.pid, role)
    }
  for (const pid of serverPids) {
    const docker = processes.find((p) => p.pid === pid)?.argv[0] === 'docker'
    expect(seen.get(pid)).toBe(docker ? 'launcher' : 'server')
  }
  return output.state
}

describe('matchServers', () => {
  it('gives nothing to a server that did not start it, and finds what was started', () => {
    fc.assert(
      fc.property(machine, (world) => {
        const state = check(world)
        // a second look at the same machine changes nothing
        expect(check(world, state)).toEqual(state)
      }),
      { numRuns: 2_000 },
    )
  })

  it('never throws and never names a process by a title alone', () => {
    const line = ['node', '/w/0/server.js', '--data', '/some/where']
    const servers = [
      server('direct', line, { script: script('/w/0/server.js') }),
      server('files', ['npx', '-y', '@s/server-1', '/dir'], {}),
    ]
    const title = fc.oneof(
      fc.string(),
      fc.constantFrom(line.join(' '), 'npm exec @s/server-1 /dir', 'claude', 'npm exec'),
    )
    fc.assert(
      fc.property(title, fc.integer({ min: 2, max: 120 }), (text, bytes) => {
        const client = proc(10, 1, [EXECUTABLES['claude-desktop']])
        const honest = npxTree(100, 10, ['/dir'], '@s/server-1')
        const output = run(servers, [client, ...honest, titled(20, 10, text, bytes)])
        const found = output.instances.find(({ rootPid }) => rootPid === 20)
        const names = found?.serverIds.map((id) => servers.find((s) => s.id === id)?.name) ?? []
        if (bytes === area(line)) expect(names).toEqual(['direct'])
        else if (names.includes('files')) expect(text.trim()).toBe('npm exec @s/server-1 /dir')
        else if (names.length > 0) expect(bytes).toBeGreaterThan(area(line.slice(1)))
      }),
      { numRuns: 2_000 },
    )
  })
})
