import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookOnce } from '../../../daemon/containers/container-source.ts'
import type { Container } from '../../../shared/model/container.ts'
import {
  answers,
  byHand,
  FETCH,
  idOf,
  imageOf,
  inspected,
  pidOf,
  running,
  SCENES,
  type Scene,
  TIME,
  version,
} from './recorded.ts'
import { recordedKernel, type StandInEngine, sourceDeps, standInEngine } from './stand-in-engine.ts'

let engine: StandInEngine
beforeEach(async () => {
  engine = await standInEngine()
})
afterEach(async () => await engine.close())

type Changes = Parameters<typeof sourceDeps>[1]
const look = async (changes?: Changes) => {
  const { all, engines } = await lookOnce(sourceDeps(engine.socket, changes))
  const find = (scene: Scene): Container | undefined => all.find(({ id }) => id === idOf(scene))
  return { all, engines, find }
}

describe('what Docker answers', () => {
  it('becomes containers, without their environment', async () => {
    const { all, engines, find } = await look()
    expect(engines).toEqual([{ engine: 'docker', place: engine.socket, state: 'answers' }])
    expect(all).toHaveLength(SCENES.length)
    expect(find('fetch')).toEqual({
      id: FETCH,
      engine: 'docker',
      name: inspected('fetch').Name.slice(1),
      image: 'mcp/fetch',
      imageId: inspected('fetch').Image,
      createdAt: Date.parse(inspected('fetch').Created),
      command: ['--user-agent', 'x'],
      labels: new Map([
        ['docker-mcp', 'true'],
        ['docker-mcp-name', 'fetch'],
      ]),
      mounts: expect.arrayContaining([
        '/home/ada/notes:/notes',
        '/home/ada/data:/data',
        'fetch-cache:/cache',
      ]),
      cidFile: '/home/ada/fetch.cid',
      interactive: true,
      detached: false,
      // Another container is in it.
      network: 'shared',
      // A port for every address is told once for each family.
      published: [
        { hostPort: 18_000, port: 8000, address: '127.0.0.1' },
        { hostPort: 18_001, port: 8001, address: '0.0.0.0' },
        { hostPort: 18_001, port: 8001, address: '::' },
      ],
      pid: pidOf('fetch'),
      running: true,
    })
    expect(find('fetch')?.mounts).toHaveLength(3)
    expect(JSON.stringify(answers)).toContain('FETCH_TOKEN=planted-value')
    expect(
      JSON.stringify(all, (_, value) => (value instanceof Map ? [...value] : value)),
    ).not.toContain('planted')
  })

  it.each<[Scene, Partial<Container>]>([
    // The image's own command is none of the command line.
    ['time', { command: [], network: 'none', interactive: true, pid: null, running: false }],
    ['side', { command: ['600'], network: 'shared', interactive: false, published: [] }],
    ['host', { image: 'mcp/time:latest', command: ['--local'], network: 'host', name: 'host-1' }],
    // By the bridge that every container has by default.
    ['renamed', { name: 'after', network: 'own', cidFile: null, running: true }],
    ['checked', { name: 'checked', network: 'own', running: true }],
    ['paused', { network: 'none', running: true }],
    ['created', { command: [], labels: new Map(), pid: null, running: false, published: [] }],
    // By a bridge that somebody made.
    ['compose', { name: 'notes-fetch-1', command: [], network: 'own', interactive: true }],
    // Compose does not stay with what it starts.
    ['compose', { detached: true }],
  ])('is understood for what was played: %s', async (scene, is) => {
    const { find } = await look()
    expect(find(scene)).toMatchObject({ ...is, pid: pidOf(scene) || null })
  })

  it('has the labels of the image among those of the container', async () => {
    const { find } = await look()
    expect(imageOf('time').Config.Labels).toEqual({ 'org.example.of': 'image' })
    expect([...(find('host')?.labels ?? [])]).toEqual([['org.example.of', 'image']])
    expect(find('compose')?.labels.get('com.docker.compose.service')).toBe('fetch')
  })

  it('names the container whose network is shared by its number, though it was asked for by name', () => {
    expect(inspected('side').HostConfig.NetworkMode).toBe(`container:${FETCH}`)
  })

  it('has the port that was drawn where none was asked for', async () => {
    const { find } = await look()
    const published = find('compose')?.published ?? []
    expect(published.map(({ port, address }) => [port, address])).toEqual([
      [7000, '0.0.0.0'],
      [7000, '::'],
    ])
    expect(published.every(({ hostPort }) => hostPort > 1024)).toBe(true)
  })

  it('is only asked for', async () => {
    await look()
    expect(engine.asked.filter((each) => !each.startsWith('GET '))).toEqual([])
    expect(engine.asked[0]).toBe('GET /version')
    expect(engine.asked[1]).toBe('GET /v1.41/containers/json?all=true')
    // And for nothing else than was recorded.
    expect(new Set(engine.asked.map((each) => each.replace('GET ', '')))).toEqual(
      new Set(Object.keys(answers)),
    )
  })

  it.each([
    ['20.10', version(), {}, '/v1.41/'],
    ['27', byHand('version-1.47'), {}, '/v1.47/'],
    ['newer', byHand('version-1.47'), { ApiVersion: '1.52', MinAPIVersion: '1.44' }, '/v1.47/'],
    [
      'much newer',
      byHand('version-1.47'),
      { ApiVersion: '1.60', MinAPIVersion: '1.50' },
      '/v1.50/',
    ],
  ])('is asked in a version that it has: %s', async (_, told, changes, prefix) => {
    engine.routes.set('/version', JSON.stringify({ ...told, ...changes }))
    engine.routes.set('/containers/json', '[]')
    await look()
    expect(engine.asked[1]).toContain(prefix)
  })

  it('is Podman where a component says so', async () => {
    const components = [{ Name: 'Podman Engine', Version: '4.3.1' }]
    engine.routes.set('/version', JSON.stringify({ ...version(), Components: components }))
    const { all, engines } = await look()
    expect(engines[0]?.engine).toBe('podman')
    expect(all.every((each) => each.engine === 'podman')).toBe(true)
  })
})

describe('whose process it is', () => {
  it('is no process of ours where the engine has a kernel of its own', async () => {
    engine.routes.set('/version', JSON.stringify(byHand('version-desktop')))
    const { all, engines, find } = await look()
    expect(engines[0]?.state).toBe('elsewhere')
    expect(all.every(({ pid }) => pid === null)).toBe(true)
    expect(find('fetch')?.running).toBe(true)
  })

  it('is nobody’s where the process is a stranger', async () => {
    const processes = new Map([...running(), [pidOf('fetch'), 'd4'.repeat(32)]])
    const { engines, find } = await look({ kernel: recordedKernel(processes) })
    expect(find('fetch')?.pid).toBeNull()
    expect(find('side')?.pid).toBe(pidOf('side'))
    expect(find('time')).toMatchObject({ id: TIME, pid: null })
    // One of them is here, so that the engine is.
    expect(engines[0]?.state).toBe('answers')
  })

  it('is elsewhere where none of its processes is here', async () => {
    const { engines } = await look({ kernel: recordedKernel(new Map()) })
    expect(engines[0]?.state).toBe('elsewhere')
  })

  it('is not known where /proc hides others', async () => {
    const kernel = { ...recordedKernel(new Map()), read: () => null }
    const { all, engines } = await look({ kernel })
    expect(engines[0]?.state).toBe('answers')
    expect(all.every(({ pid }) => pid === null)).toBe(true)
  })

  it('is elsewhere on a system without control groups', async () => {
    const { engines, find } = await look({
      kernel: { ...recordedKernel(running()), isLinux: false },
    })
    expect(engines[0]?.state).toBe('elsewhere')
    expect(find('fetch')).toMatchObject({ pid: null, running: true })
  })
})
