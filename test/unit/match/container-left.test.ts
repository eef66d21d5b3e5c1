/** Whose a container is when no command that made it runs any more. */
import { describe, expect, it } from 'vitest'
import { container, docker, idOf, look, podman } from './containers.ts'
import { DESKTOP, proc, server, summaries } from './world.ts'

const RUN = ['docker', 'run', '-i', '--rm']
const FETCH = server('fetch', [...RUN, 'mcp/fetch'])
const CLI = proc(110, 100, [...RUN, 'mcp/fetch'])
const ONE = container(1, 130)

describe('a container that is left over', () => {
  const inside = docker(1, 130)
  const first = look([FETCH], [DESKTOP, CLI, ...inside], [ONE])

  it('stays with its instance when its command has ended', () => {
    const output = look([FETCH], [DESKTOP, ...inside], [ONE], first.state)
    expect(output.instances).toMatchObject([
      { id: first.instances[0]?.id, quality: 'remembered', orphaned: true },
    ])
    expect(summaries([FETCH], output)[0]?.roles).toEqual({ 130: 'server' })
    const again = look([FETCH], [DESKTOP, ...inside], [ONE], output.state)
    expect(again.state).toBe(output.state)
  })

  it('stays with its command when it was started again', () => {
    const again = { ...container(1, 170), createdAt: ONE.createdAt }
    const output = look([FETCH], [DESKTOP, CLI, ...docker(1, 170)], [again], first.state)
    expect(summaries([FETCH], output)).toMatchObject([
      { root: 110, quality: 'exact', roles: { 110: 'launcher', 170: 'server' } },
    ])
  })

  it('is of the same server when it was started again, with its command gone', () => {
    const gone = look([FETCH], [DESKTOP], [container(1, null)], first.state)
    expect(gone.instances).toEqual([])
    const other = server('other', [...RUN, 'mcp/fetch'], { client: 'cursor' })
    const now = [container(1, 170)]
    const restarted = docker(1, 170)
    const output = look([FETCH, other], [DESKTOP, ...restarted], now, gone.state)
    expect(summaries([FETCH, other], output)).toMatchObject([
      { names: ['fetch'], root: 170, quality: 'remembered', roles: { 170: 'server' } },
    ])
    expect(output.instances[0]?.orphaned).toBe(true)
    const next = look([FETCH, other], [DESKTOP, ...restarted], now, output.state)
    expect(next.state).toBe(output.state)
  })

  it('leaves its command none that has its name by now', () => {
    const named = server('named', [...RUN, '--name', 'n', 'mcp/fetch'])
    const cli = proc(110, 100, [...RUN, '--name', 'n', 'mcp/fetch'])
    const mine = docker(1, 130)
    const before = look([named], [DESKTOP, cli, ...mine], [container(1, 130, { name: 'n' })])
    const all = [container(1, 130, { name: 'other' }), container(2, 150, { name: 'n' })]
    const output = look([named], [DESKTOP, cli, ...mine, ...docker(2, 150)], all, before.state)
    expect(summaries([named], output)).toMatchObject([
      { root: 110, roles: { 110: 'launcher', 130: 'server' } },
      { root: 150, quality: 'no-client' },
    ])
    expect(output.instances[0]?.members).toHaveLength(2)
  })

  it('is found by what the entry says of it', () => {
    const named = server('named', [...RUN, '--name', 'n', 'mcp/fetch'])
    const all = [container(1, 130, { name: 'n', engine: 'podman' })]
    const output = look([named, FETCH], [DESKTOP, ...podman(1, 130)], all)
    expect(output.instances).toMatchObject([
      { quality: 'no-client', orphaned: true, reasons: ['container-name'], judged: true },
    ])
    expect(summaries([named], output)[0]?.names).toEqual(['named'])
  })

  it('is not of an entry that wants a file which it has not', () => {
    const filed = server('filed', [...RUN, '--cidfile', '/run/c', 'mcp/fetch'])
    const all = [container(1, 130, { engine: 'podman' })]
    const output = look([filed, FETCH], [DESKTOP, ...podman(1, 130)], all)
    expect(summaries([filed, FETCH], output)).toMatchObject([{ names: ['fetch'] }])
  })

  it('is named by all entries that it fits', () => {
    const other = server('fetch', [...RUN, 'mcp/fetch'], { client: 'cursor' })
    const output = look([FETCH, other], [DESKTOP, ...docker(1, 130)], [ONE])
    expect(output.instances).toMatchObject([{ quality: 'one-of', reasons: ['container-image'] }])
    expect(output.instances[0]?.serverIds).toHaveLength(2)
  })

  it.each([
    ['is not talked to', { interactive: false }],
    ['was made to be left alone', { detached: true }],
    ['has other arguments', { command: ['--x'] }],
    ['has a folder of somebody’s', { mounts: ['/home/eve:/w'] }],
    ['is of another image', { image: 'mcp/time' }],
  ])('is nobody’s where it %s', (_, facts) => {
    const output = look([FETCH], [DESKTOP, ...docker(1, 130)], [container(1, 130, facts)])
    expect(output.instances).toEqual([])
  })

  it('is nobody’s where the number of its first process was given again', () => {
    const stranger = proc(130, 1, ['python3', '/app/server.py'])
    expect(look([FETCH], [DESKTOP, stranger], [ONE]).instances).toEqual([])
    const [shim, init] = docker(2, 130)
    expect(look([FETCH], [DESKTOP, shim, init], [ONE]).instances).toEqual([])
    const posing = proc(129, 1, ['conmon', '-c', idOf(1)], { executable: '/tmp/conmon' })
    const child = proc(130, 129, ['node', '/evil.js'])
    expect(look([FETCH], [DESKTOP, posing, child], [ONE]).instances).toEqual([])
  })

  it('is nobody’s where a command that nobody declares has made it', () => {
    const shell = proc(105, 1, ['bash'], { stdin: 'terminal', stdout: 'terminal', uid: 1001 })
    const theirs = proc(110, 105, CLI.argv, { uid: 1001 })
    expect(look([FETCH], [DESKTOP, shell, theirs, ...docker(1, 130)], [ONE]).instances).toEqual([])
  })

  it('stays nobody’s when that command has ended', () => {
    const theirs = proc(110, 1, CLI.argv, { uid: 1001 })
    const before = look([FETCH], [DESKTOP, theirs, ...docker(1, 130)], [ONE])
    const output = look([FETCH], [DESKTOP, ...docker(1, 130)], [ONE], before.state)
    expect(output.instances).toEqual([])
    expect(look([FETCH], [DESKTOP, ...docker(1, 130)], [ONE], output.state).instances).toEqual([])
  })

  it('is no container where a server is above, whatever an engine says', () => {
    const evil = server('evil', ['npx', '-y', 'evil'])
    const name = { cgroup: `/user.slice/libpod-${idOf(1)}.scope` }
    const npx = proc(110, 100, ['node', '/usr/bin/npx', '-y', 'evil'])
    const child = proc(130, 110, ['node', '/evil.js'], name)
    const own = { cgroup: `/user.slice/libpod-${idOf(2)}.scope` }
    const lone = proc(112, 100, ['npx', '-y', 'evil'], own)
    const all = [container(1, 130), container(2, 112)]
    const first = look([evil, FETCH], [DESKTOP, npx, child, lone], all)
    const named = summaries([evil, FETCH], first)
    expect(named.flatMap(({ names }) => names)).toEqual(['evil', 'evil'])
    const left = { ...child, ppid: 1 }
    const later = look([evil, FETCH], [DESKTOP, left, lone], all, first.state)
    expect(summaries([evil, FETCH], later).flatMap(({ names }) => names)).toEqual(['evil', 'evil'])
  })

  it('takes no name by its words, for they are of another file system', () => {
    const direct = server('direct', ['python3', '/app/server.py'])
    const line = ['python3', '/app/server.py']
    const inside = podman(1, 130, line, { uid: 1000 })
    const all = [container(1, 130, { engine: 'podman', image: 'x' })]
    expect(look([direct], [DESKTOP, ...inside], []).instances).toHaveLength(1)
    expect(look([direct], [DESKTOP, ...inside], all).instances).toEqual([])
  })

  it('may have a client in it, whose servers are found', () => {
    const local = server('local', ['node', '/w/s.js'])
    const inside = [
      ...podman(1, 130, ['sleep', 'infinity']),
      proc(131, 130, ['/opt/Claude/Claude'], { cgroup: `/libpod-${idOf(1)}` }),
      proc(132, 131, ['node', '/w/s.js'], { cgroup: `/libpod-${idOf(1)}` }),
    ]
    const output = look([local], inside, [container(1, 130, { engine: 'podman' })])
    expect(summaries([local], output)).toMatchObject([{ root: 132, client: 'claude-desktop' }])
  })
})

describe('gateways', () => {
  const labels = new Map([
    ['docker-mcp', 'true'],
    ['docker-mcp-name', 'time'],
  ])
  const time = server('time', ['docker', 'run', 'mcp/time'], { client: 'docker-toolkit' })
  const gateway = server('MCP_DOCKER', ['docker', 'mcp', 'gateway', 'run'])
  const run = [
    proc(110, 100, ['docker', 'mcp', 'gateway', 'run']),
    proc(111, 110, ['/usr/lib/docker/cli-plugins/docker-mcp', 'mcp', 'gateway', 'run']),
  ]
  const labelled = container(1, 130, { labels, image: 'mcp/time@sha256:00', interactive: true })

  it('of Docker give containers to the server that their label names', () => {
    const output = look([time, gateway], [DESKTOP, ...run, ...docker(1, 130)], [labelled])
    expect(summaries([time], output)).toMatchObject([
      { root: 110, names: ['?'] },
      { root: 130, names: ['time'], quality: 'exact', roles: { 130: 'server' } },
    ])
    const alone = look([time], [DESKTOP, ...docker(1, 130)], [labelled])
    expect(alone.instances).toMatchObject([{ quality: 'no-client', orphaned: true }])
  })

  it('of Docker have what no entry names', () => {
    const output = look([gateway], [DESKTOP, ...run, ...docker(1, 130)], [labelled])
    expect(summaries([gateway], output)).toMatchObject([
      { root: 110, names: ['MCP_DOCKER'], roles: { 130: 'server' } },
    ])
  })

  it('of ToolHive have the container below the process in front of it', () => {
    const entry = server('fetch', ['thv', 'start', 'fetch', '--foreground'], { client: 'toolhive' })
    const told = (more: readonly (readonly [string, string])[]) =>
      container(1, 130, {
        labels: new Map([['toolhive', 'true'], ['toolhive-name', 'fetch'], ...more]),
      })
    const proxy = proc(110, 1, ['thv', 'start', 'fetch', '--foreground'])
    const output = look([entry], [proxy, ...docker(1, 130)], [told([])])
    expect(summaries([entry], output)).toMatchObject([{ root: 110, roles: { 130: 'server' } }])
    const side = look([entry], [proxy, ...docker(1, 130)], [told([['toolhive-auxiliary', 'true']])])
    expect(summaries([entry], side)[0]?.roles).not.toHaveProperty('130')
  })
})
