/** Whose a container is while the command that made it runs. */
import { describe, expect, it } from 'vitest'
import type { Container } from '../../../shared/model/container.ts'
import type { Process } from '../../../shared/model/process.ts'
import { container, docker, idOf, look, podman } from './containers.ts'
import { CURSOR, DESKTOP, proc, server, summaries } from './world.ts'

const RUN = ['docker', 'run', '-i', '--rm']
const FETCH = server('fetch', [...RUN, 'mcp/fetch'])
/** Started 200 ms before the first process of a container with pid + 20. */
const CLI = proc(110, 100, [...RUN, 'mcp/fetch'])

function reasonsOf(words: readonly string[], facts: Partial<Container>) {
  const entry = server('fetch', [...RUN, ...words])
  const cli = proc(110, 100, [...RUN, ...words])
  const output = look([entry], [DESKTOP, cli, ...docker(1, 130)], [container(1, 130, facts)])
  const [instance] = output.instances
  const roles = summaries([entry], output)[0]?.roles
  return roles?.[130] === 'server'
    ? instance?.reasons.filter((one) => one.startsWith('container'))
    : []
}

describe('a container and the command that made it', () => {
  it.each([
    ['image and time', ['mcp/fetch'], {}, 'container-image'],
    ['who stays with it', ['mcp/fetch'], { detached: false }, 'container-image'],
    ['who does not', ['-d', 'mcp/fetch'], { detached: true }, 'container-image'],
    ['name', ['--name', 'f', 'mcp/fetch'], { name: 'f' }, 'container-name'],
    ['file', ['--cidfile=c.id', 'mcp/fetch'], { cidFile: '/home/u/c.id' }, 'container-id'],
    ['file', ['--cidfile', '/run/c', 'mcp/fetch'], { cidFile: '/run/c' }, 'container-id'],
    ['labels', ['-l', 'a=b', 'mcp/fetch'], { labels: new Map([['a', 'b']]) }, 'container-label'],
    [
      'labels that are not told',
      ['-l', 'a=b', 'mcp/fetch'],
      { engine: 'podman' },
      'container-image',
    ],
    ['default registry', ['fetch:latest'], { image: 'docker.io/library/fetch' }, 'container-image'],
    ['local image', ['fetch'], { image: 'localhost/fetch:latest' }, 'container-image'],
    [
      'registry of Podman',
      ['mcp/fetch'],
      { engine: 'podman', image: 'quay.io/mcp/fetch:latest' },
      'container-image',
    ],
    [
      'number of the image',
      ['3f2a1b'],
      { image: 'x', imageId: `sha256:3f2a1b${'0'.repeat(58)}` },
      'container-image',
    ],
    ['mount', ['-v', './d:/d', 'mcp/fetch'], { mounts: ['/home/u/d:/d'] }, 'container-image'],
    [
      'volume',
      ['-v', 'data:/d', 'mcp/fetch'],
      { mounts: ['data:/d', 'f00:/var'] },
      'container-image',
    ],
    ['no network', ['--network', 'none', 'mcp/fetch'], { network: 'none' }, 'container-image'],
    ['arguments', ['mcp/fetch', '--x'], { command: ['--x'] }, 'container-image'],
    ['command of the image', ['mcp/fetch'], { command: ['python3'] }, 'container-image'],
  ] as const)('are brought together by %s', (_, words, facts, reason) => {
    expect(reasonsOf(words, facts as Partial<Container>)).toEqual([reason])
  })

  it.each([
    ['another name', ['--name', 'f', 'mcp/fetch'], { name: 'g' }],
    ['another image', ['mcp/fetch'], { image: 'mcp/time' }],
    ['another tag', ['mcp/fetch:1'], { image: 'mcp/fetch:2' }],
    ['an image of that name elsewhere', ['mcp/fetch'], { image: 'evil.example/mcp/fetch' }],
    ['another file', ['--cidfile', '/run/c', 'mcp/fetch'], { cidFile: '/run/d' }],
    ['a file that nobody asked for', ['mcp/fetch'], { cidFile: '/run/d' }],
    ['without the label', ['-l', 'a=b', 'mcp/fetch'], { labels: new Map([['a', 'c']]) }],
    ['another folder', ['-v', '/a:/d', 'mcp/fetch'], { mounts: ['/b:/d'] }],
    ['a folder too many', ['mcp/fetch'], { mounts: ['/b:/d'] }],
    ['the host network', ['--network', 'mine', 'mcp/fetch'], { network: 'host' }],
    ['nobody to talk to', ['mcp/fetch'], { interactive: false }],
    ['made by who did not stay', ['mcp/fetch'], { detached: true }],
    ['made by who stayed', ['-d', 'mcp/fetch'], { detached: false }],
    ['older than the command', ['mcp/fetch'], { createdAt: 9000 }],
    ['other arguments', ['mcp/fetch', '--x'], { command: ['--y'] }],
    ['stopped', ['mcp/fetch'], { pid: null, running: false }],
  ] as const)('are two things: %s', (_, words, facts) => {
    expect(reasonsOf(words, facts as Partial<Container>)).toEqual([])
  })

  it('are one instance: the command is the launcher, and nothing in the container is', () => {
    const shell = ['sh', '-c', 'npx -y server']
    const inside = [
      ...docker(1, 130, shell),
      proc(131, 130, ['node', '/usr/bin/npx', '-y', 'server'], { uid: 0 }),
      proc(132, 131, ['node', '/srv.js'], { uid: 0 }),
      proc(133, 132, ['git', 'fetch'], { uid: 0 }),
    ]
    const output = look([FETCH], [DESKTOP, CLI, ...inside], [container(1, 130)])
    expect(summaries([FETCH], output)).toEqual([
      {
        names: ['fetch'],
        root: 110,
        client: 'claude-desktop',
        quality: 'exact',
        roles: { 110: 'launcher', 130: 'server', 131: 'server', 132: 'server', 133: 'child' },
      },
    ])
    expect(output.instances[0]).toMatchObject({
      container: { id: idOf(1).slice(0, 12), name: 'funny_1', image: 'mcp/fetch' },
      package: { ecosystem: 'image', name: 'mcp/fetch' },
    })
    expect(output.waiting).toEqual([])
  })

  it('leave out what the engine starts for itself', () => {
    const helpers = [
      proc(111, 110, ['/usr/bin/conmon', '-c', idOf(1)]),
      proc(112, 110, ['/usr/bin/slirp4netns', '-c', '1', 'tap0']),
      proc(113, 111, ['/usr/sbin/runc', 'create', idOf(1)]),
    ]
    const output = look([FETCH], [DESKTOP, CLI, ...helpers, ...podman(1, 130)], [container(1, 130)])
    expect(summaries([FETCH], output)[0]?.roles).toEqual({ 110: 'launcher', 130: 'server' })
  })

  it('leave out what the engine has not put into its place yet', () => {
    const own = { pgid: 110, sid: 110 }
    const early = [
      proc(112, 1, ['/usr/bin/conmon', '-c', idOf(1)], own),
      proc(113, 112, ['/usr/sbin/runc', 'create', idOf(1)], own),
      proc(114, 112, ['node', '/srv.js'], { ...own, stdinInode: 5 }),
    ]
    const cli = proc(110, 100, CLI.argv, { ...own, stdinInode: 5 })
    const first = look([FETCH], [DESKTOP, cli], [])
    const output = look([FETCH], [DESKTOP, cli, ...early], [], first.state)
    expect(summaries([FETCH], output)).toMatchObject([{ roles: { 110: 'launcher' } }])
    expect(output.instances[0]?.members).toHaveLength(1)
  })

  it('are one where Podman starts itself again', () => {
    const again = proc(111, 110, CLI.argv)
    const output = look([FETCH], [DESKTOP, CLI, again, ...podman(1, 130)], [container(1, 130)])
    const roles = { 110: 'launcher', 111: 'launcher', 130: 'server' }
    expect(summaries([FETCH], output)).toMatchObject([{ root: 110, roles }])
  })

  it('take in what an engine was told to run beside it', () => {
    const exec = proc(150, 129, ['sh', '-c', 'true'], {
      uid: 0,
      cgroup: `/system.slice/docker-${idOf(1)}.scope`,
    })
    const output = look([FETCH], [DESKTOP, CLI, ...docker(1, 130), exec], [container(1, 130)])
    expect(summaries([FETCH], output)[0]?.roles).toMatchObject({ 130: 'server', 150: 'child' })
  })

  it('wait for each other, and say so', () => {
    const output = look([FETCH], [DESKTOP, CLI], [])
    expect(output.waiting).toEqual([{ instance: output.instances[0]?.id, engine: 'docker' }])
    expect(summaries([FETCH], output)[0]?.quality).toBe('launcher')
  })
})

describe('several containers', () => {
  const other = server('fetch', [...RUN, 'mcp/fetch'], { client: 'cursor' })
  const hidden = server('hidden', [...RUN, '-e', 'A', 'mcp/fetch'])
  const rolesBy = (servers: Parameters<typeof look>[0], processes: Process[], all: Container[]) =>
    summaries(servers, look(servers, processes, all)).map(({ names, root, roles, quality }) => ({
      names,
      root,
      quality,
      in: Object.keys(roles)
        .map(Number)
        .filter((pid) => pid >= 130),
    }))

  it('are told apart by what is mounted', () => {
    const a = server('a', [...RUN, '-v', '/a:/w', 'mcp/fetch'])
    const b = server('b', [...RUN, '-v', '/b:/w', 'mcp/fetch'])
    const found = rolesBy(
      [a, b],
      [
        DESKTOP,
        proc(110, 100, [...RUN, '-v', '/a:/w', 'mcp/fetch']),
        proc(111, 100, [...RUN, '-v', '/b:/w', 'mcp/fetch']),
        ...docker(1, 130),
        ...docker(2, 140),
      ],
      [container(1, 130, { mounts: ['/b:/w'] }), container(2, 140, { mounts: ['/a:/w'] })],
    )
    expect(found).toEqual([
      { names: ['a'], root: 110, quality: 'exact', in: [140] },
      { names: ['b'], root: 111, quality: 'exact', in: [130] },
    ])
  })

  it('are told apart by time, where one command began after the other container was made', () => {
    const found = rolesBy(
      [FETCH, other],
      [
        DESKTOP,
        CURSOR,
        CLI,
        proc(120, 200, CLI.argv, { startTicks: 4000 }),
        ...docker(1, 130),
        ...docker(2, 500),
      ],
      [container(1, 130), container(2, 500)],
    )
    expect(found).toMatchObject([
      { root: 110, in: [130] },
      { root: 120, in: [500] },
    ])
  })

  it('are named by all servers that they can be of, where nothing tells', () => {
    const found = rolesBy(
      [FETCH, hidden],
      [
        DESKTOP,
        CLI,
        proc(111, 100, [...RUN, '-e', 'A', 'mcp/fetch']),
        ...docker(1, 130),
        ...docker(2, 140),
      ],
      [container(1, 130), container(2, 140)],
    )
    expect(found).toMatchObject([
      { names: ['fetch'], root: 110, in: [] },
      { names: ['hidden'], root: 111, in: [] },
      { names: ['fetch', 'hidden'], root: 130, quality: 'one-of', in: [130] },
      { names: ['fetch', 'hidden'], root: 140, quality: 'one-of', in: [140] },
    ])
  })

  it('stay doubtful when one of the commands has ended', () => {
    const clis = [CLI, proc(111, 100, [...RUN, '-e', 'A', 'mcp/fetch'])]
    const inside = [...docker(1, 130), ...docker(2, 140)]
    const all = [container(1, 130), container(2, 140)]
    const first = look([FETCH, hidden], [DESKTOP, ...clis, ...inside], all)
    const output = look([FETCH, hidden], [DESKTOP, CLI, ...inside], all, first.state)
    expect(output.instances.map(({ quality, rootPid }) => [quality, rootPid])).toEqual([
      ['launcher', 110],
      ['one-of', 130],
      ['one-of', 140],
    ])
  })

  it('are told apart as soon as the engine tells more', () => {
    const [a, b] = ['a', 'b'].map((n) => server(n, [...RUN, '-l', `n=${n}`, 'mcp/fetch']))
    if (a === undefined || b === undefined) throw new Error('two entries')
    const clis = ['a', 'b'].map((n, at) =>
      proc(110 + at, 100, [...RUN, '-l', `n=${n}`, 'mcp/fetch']),
    )
    const inside = [...podman(1, 130, ['sh', '/s']), ...podman(2, 140)]
    const child = proc(131, 130, ['node', '/s.js'], { uid: 100_000 })
    const all = [DESKTOP, ...clis, ...inside, child]
    const told = (n: string, pid: number, labels = new Map<string, string>()) =>
      container(n === 'a' ? 1 : 2, pid, { engine: 'podman', labels })
    const first = look([a, b], all, [told('a', 130), told('b', 140)])
    expect(first.instances.map(({ quality }) => quality)).toEqual([
      'launcher',
      'launcher',
      'one-of',
      'one-of',
    ])
    const same = look([a, b], all, [told('a', 130), told('b', 140)], first.state)
    expect(same.state).toBe(first.state)
    const label = (n: string) => new Map([['n', n]])
    const more = [told('a', 130, label('a')), told('b', 140, label('b'))]
    const output = look([a, b], all, more, first.state)
    expect(summaries([a, b], output)).toMatchObject([
      { names: ['a'], quality: 'exact', roles: { 110: 'launcher', 130: 'server', 131: 'server' } },
      { names: ['b'], quality: 'exact', roles: { 111: 'launcher', 140: 'server' } },
    ])
  })

  it('of another user are nobody’s, and make ours doubtful where they look alike', () => {
    const shell = proc(105, 1, ['bash'], { uid: 1001 })
    const theirs = proc(112, 105, CLI.argv, { uid: 1001 })
    const found = rolesBy(
      [FETCH],
      [DESKTOP, CLI, shell, theirs, ...docker(1, 130), ...docker(2, 140)],
      [container(1, 130), container(2, 140)],
    )
    expect(found).toMatchObject([{ root: 110, in: [] }])
  })

  it('keep their names though labels say otherwise', () => {
    const labels = new Map([
      ['docker-mcp', 'true'],
      ['docker-mcp-name', 'time'],
    ])
    const time = server('time', ['docker', 'run', 'mcp/time'], { client: 'docker-toolkit' })
    const found = rolesBy(
      [FETCH, time],
      [DESKTOP, CLI, ...docker(1, 130)],
      [container(1, 130, { labels })],
    )
    expect(found).toMatchObject([{ names: ['fetch'], root: 110, in: [130] }])
  })
})
