/** Entries that talk to a container which was made before: `docker exec`, `docker attach`, `docker start -a`. */
import { describe, expect, it } from 'vitest'
import { emptyMatchState } from '../../../daemon/match/match.ts'
import type { Process } from '../../../shared/model/process.ts'
import { container, docker, idOf, look } from './containers.ts'
import { CURSOR, DESKTOP, proc, server, summaries } from './world.ts'

const BOX = container(1, 90, { name: 'box', image: 'node', interactive: false })
const [shim, init] = docker(1, 90, ['sleep', 'infinity'])
const inBox = { uid: 0, cgroup: init.cgroup }

describe('docker exec', () => {
  const words = ['docker', 'exec', '-i', 'box', 'server.py', '--x']
  const entry = server('exec', words)
  const cli = proc(110, 100, words)
  const argv = ['/usr/bin/python3', '/usr/local/bin/server.py', '--x']
  const entered = proc(120, shim.pid, argv, inBox)
  const child = proc(121, 120, ['git', 'fetch'], inBox)
  const see = (processes: readonly Process[], previous = emptyMatchState, entries = [entry]) =>
    look(entries, [DESKTOP, shim, init, ...processes], [BOX], previous)
  const rolesIn = (output: ReturnType<typeof look>) => summaries([entry], output)[0]?.roles

  it('has what it put into the container, and nothing else that runs there', () => {
    const output = see([cli, entered, child])
    expect(summaries([entry], output)).toMatchObject([
      { names: ['exec'], root: 110, client: 'claude-desktop', quality: 'exact' },
    ])
    expect(rolesIn(output)).toEqual({ 110: 'server', 120: 'server', 121: 'child' })
    expect(output.instances[0]).toMatchObject({
      reasons: expect.arrayContaining(['container-name']),
    })
    expect(output.instances[0]?.container).toBeUndefined()
    expect(output.waiting).toEqual([])
    expect(see([cli, entered, child], output.state).state).toBe(output.state)
  })

  it('keeps it when that calls itself otherwise, or the command ends', () => {
    const first = see([cli, entered])
    const renamed = proc(120, shim.pid, ['other'], inBox)
    const later = see([cli, renamed], first.state)
    expect(rolesIn(later)).toEqual({ 110: 'server', 120: 'server' })
    expect(later.waiting).toEqual([])
    expect(rolesIn(see([renamed], later.state))).toEqual({ 120: 'server' })
  })

  it('has it also where it was taken for the container’s own before it executed', () => {
    const run = ['docker', 'run', '-i', '--name', 'box', 'node']
    const made = server('made', run)
    const both = [made, entry]
    const all = [DESKTOP, proc(80, 100, run), shim, init, cli]
    const early = proc(120, shim.pid, ['runc', 'init'], inBox)
    const boxes = [{ ...BOX, interactive: true }]
    const first = look(both, [...all, early], boxes)
    expect(summaries(both, first).map(({ roles }) => roles)).toEqual([
      { 80: 'launcher', 90: 'server', 120: 'child' },
      { 110: 'server' },
    ])
    const output = look(both, [...all, entered, child], boxes, first.state)
    expect(summaries(both, output).map(({ roles }) => roles)).toEqual([
      { 80: 'launcher', 90: 'server' },
      { 110: 'server', 120: 'server', 121: 'child' },
    ])
    expect(look(both, [...all, entered, child], boxes, output.state).state).toBe(output.state)
  })

  it.each([
    ['what began long after', proc(120, shim.pid, argv, { ...inBox, startedAt: 60_000 })],
    ['what the container started itself', proc(120, init.pid, argv, inBox)],
    ['what was there before', proc(95, shim.pid, argv, inBox)],
    ['what has other arguments', proc(120, shim.pid, [...argv, '--y'], inBox)],
    ['another program', proc(120, shim.pid, ['python3', '/evil/server2.py', '--x'], inBox)],
    ['what may not be looked into', proc(120, shim.pid, argv, { ...inBox, readable: false })],
    ['what is in no container', proc(120, 1, argv, { uid: 0 })],
    ['another container’s', proc(120, 1, argv, { uid: 0, cgroup: `/docker/${idOf(2)}` })],
  ])('has not %s, and waits', (_, process) => {
    const output = see([cli, process])
    expect(rolesIn(output)).toEqual({ 110: 'server' })
    expect(output.waiting).toEqual([{ instance: output.instances[0]?.id, engine: 'docker' }])
  })

  it('of two clients have one each, told by time', () => {
    const again = proc(230, 200, words)
    const second = proc(240, shim.pid, argv, inBox)
    const both = [entry, server('exec', words, { client: 'cursor' })]
    const output = see([CURSOR, cli, entered, again, second], emptyMatchState, both)
    expect(summaries(both, output).map(({ client, roles }) => [client, roles])).toEqual([
      ['claude-desktop', { 110: 'server', 120: 'server' }],
      ['cursor', { 230: 'server', 240: 'server' }],
    ])
  })

  it('of two clients have none where nothing tells whose it is', () => {
    const both = [entry, server('exec', words, { client: 'cursor' })]
    const output = see(
      [CURSOR, proc(210, 100, words), proc(211, 200, words), proc(220, shim.pid, argv, inBox)],
      emptyMatchState,
      both,
    )
    expect(output.instances.map(({ members }) => members.length)).toEqual([1, 1])
    expect(output.waiting).toHaveLength(2)
  })

  it('has what was put in first, whatever its number', () => {
    const later = proc(105, shim.pid, argv, { ...inBox, startTicks: 1_300 })
    expect(rolesIn(see([later, cli, entered]))).toEqual({ 110: 'server', 120: 'server' })
  })

  it('has none where a command of nobody’s was told to run the same', () => {
    const shell = proc(105, 1, ['bash'], { uid: 1001 })
    const theirs = proc(112, 105, ['docker', 'exec', '-u', '0', ...words.slice(2)], { uid: 1001 })
    const output = see([shell, theirs, cli, entered])
    expect(rolesIn(output)).toEqual({ 110: 'server' })
    expect(output.waiting).toHaveLength(1)
    const before = see([shell, { ...theirs, startTicks: 90, startedAt: 1_000 }, cli, entered])
    expect(rolesIn(before)).toEqual({ 110: 'server', 120: 'server' })
  })

  it('is not followed for nobody', () => {
    const shell = proc(105, 1, ['bash'], { uid: 1001 })
    const theirs = proc(110, 105, ['docker', 'exec', '-i', 'box', 'server.py'], { uid: 1001 })
    const output = see([shell, theirs, proc(120, shim.pid, argv.slice(0, 2), inBox)])
    expect(output.instances).toEqual([])
  })
})

describe.each([
  ['docker attach', ['docker', 'attach', 'box']],
  ['docker start -ai', ['docker', 'start', '-ai', 'box']],
  ['docker start -ai with a number', ['docker', 'start', '-ai', idOf(1).slice(0, 12)]],
])('%s', (_, words) => {
  const entry = server('box', words)
  const cli = proc(110, 100, words)
  const see = (processes: readonly Process[], previous = emptyMatchState) =>
    look([entry], [DESKTOP, shim, init, ...processes], [BOX], previous)

  it('has what the container runs', () => {
    const output = see([cli])
    expect(summaries([entry], output)).toMatchObject([
      { names: ['box'], root: 110, quality: 'exact', roles: { 110: 'server', 90: 'server' } },
    ])
    expect(output.instances[0]?.container?.name).toBe('box')
    expect(output.waiting).toEqual([])
    expect(see([cli], output.state).state).toBe(output.state)
  })

  it('has it also where somebody’s command has made it', () => {
    const theirs = proc(80, 1, ['docker', 'run', '-d', '--name', 'box', 'node'], { uid: 1001 })
    const before = see([theirs])
    expect(before.instances).toEqual([])
    expect(summaries([entry], see([cli], before.state))).toMatchObject([
      { roles: { 110: 'server', 90: 'server' } },
    ])
  })

  it('does not take it from the server that has made it, seen before or at once', () => {
    const made = server('made', ['docker', 'run', '-i', 'node'])
    const run = proc(80, 100, ['docker', 'run', '-i', 'node'])
    const all = [{ ...BOX, interactive: true }]
    const first = look([made, entry], [DESKTOP, run, shim, init], all)
    for (const previous of [first.state, emptyMatchState]) {
      const output = look([made, entry], [DESKTOP, run, cli, shim, init], all, previous)
      expect(summaries([made, entry], output)).toMatchObject([
        { names: ['made'], roles: { 80: 'launcher', 90: 'server' } },
        { names: ['box'], roles: { 110: 'server' } },
      ])
    }
  })

  it('talks to its own engine’s of that name, and of two such to neither', () => {
    const [otherShim, otherInit] = docker(1, 95)
    const id = `${idOf(1).slice(0, 12)}${'d'.repeat(52)}`
    const rolesBeside = (engine: 'docker' | 'podman', ours: Partial<typeof BOX> = {}) => {
      const other = { ...BOX, id, pid: 95, engine }
      const cgroup = `/docker/${id}`
      const there = { ...otherInit, cgroup }
      const all = [{ ...BOX, ...ours }, other]
      const output = look([entry], [DESKTOP, shim, init, otherShim, there, cli], all)
      return summaries([entry], output)[0]?.roles
    }
    expect(rolesBeside('podman')).toEqual({ 110: 'server', 90: 'server' })
    expect(rolesBeside('docker')).toEqual({ 110: 'server' })
    expect(rolesBeside('podman', { engine: 'podman' })).toEqual({ 110: 'server' })
  })
})

it('is a server’s only where that talks to its client through it', () => {
  const own = ['/bin/sh', '/w/mine.sh']
  const entry = server('tools', own)
  const rolesWith = (ours: number | null, stdinInode: number | null) => {
    const root = proc(110, 100, own, { stdinInode: ours })
    const cli = proc(120, 110, ['docker', 'attach', 'box'], { stdinInode })
    const output = look([entry], [DESKTOP, shim, init, root, cli], [BOX])
    expect(output.waiting).toEqual([])
    return Object.keys(summaries([entry], output)[0]?.roles ?? {})
  }
  expect(rolesWith(7, 7)).toEqual(['90', '110', '120'])
  expect(rolesWith(7, 8)).toEqual(['110', '120'])
  expect(rolesWith(null, null)).toEqual(['110', '120'])
})
