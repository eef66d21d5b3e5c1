import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookOnce } from '../../../daemon/containers/container-source.ts'
import {
  FETCH,
  recorded,
  recordedKernel,
  running,
  SIDE,
  type StandInEngine,
  sourceDeps,
  standInEngine,
  TIME,
} from './stand-in-engine.ts'

let engine: StandInEngine
beforeEach(async () => {
  engine = await standInEngine()
})
afterEach(async () => await engine.close())

describe('what Docker answers', () => {
  it('becomes containers, without their environment', async () => {
    const { all, engines } = await lookOnce(sourceDeps(engine.socket))
    expect(engines).toEqual([{ engine: 'docker', place: engine.socket, state: 'answers' }])
    const [fetch, time, side] = all
    expect(fetch).toEqual({
      id: FETCH,
      engine: 'docker',
      name: 'keen_curie',
      image: 'mcp/fetch',
      imageId: `sha256:${'f1'.repeat(32)}`,
      createdAt: Date.parse('2026-11-22T23:26:40.123Z'),
      command: ['--user-agent', 'x'],
      labels: new Map([
        ['docker-mcp', 'true'],
        ['docker-mcp-name', 'fetch'],
      ]),
      mounts: ['/home/ada/notes:/notes', 'fetch-cache:/cache'],
      cidFile: '/home/ada/fetch.cid',
      interactive: true,
      // Another container is in it.
      network: 'shared',
      published: [
        { hostPort: 18_000, port: 8000, address: '127.0.0.1' },
        { hostPort: 18_000, port: 8000, address: '::1' },
      ],
      pid: 4242,
      running: true,
    })
    // The image's own command is none of the command line.
    expect(time).toMatchObject({
      id: TIME,
      command: [],
      network: 'none',
      pid: null,
      running: false,
    })
    expect(side).toMatchObject({ id: SIDE, network: 'shared', interactive: false, pid: 4300 })
    expect(
      JSON.stringify(all, (_, value) => (value instanceof Map ? [...value] : value)),
    ).not.toContain('planted')
  })

  it('is only asked for', async () => {
    await lookOnce(sourceDeps(engine.socket))
    expect(engine.asked.filter((each) => !each.startsWith('GET '))).toEqual([])
    expect(engine.asked[0]).toBe('GET /version')
    expect(engine.asked[1]).toBe('GET /v1.47/containers/json?all=true')
  })

  it.each([
    ['version-1.41.json', {}, '/v1.41/'],
    ['version-1.47.json', { ApiVersion: '1.52', MinAPIVersion: '1.44' }, '/v1.47/'],
    ['version-1.47.json', { ApiVersion: '1.60', MinAPIVersion: '1.50' }, '/v1.50/'],
  ])('is asked in a version that it has: %s %j', async (file, changes, prefix) => {
    engine.routes.set('/version', JSON.stringify({ ...JSON.parse(recorded(file)), ...changes }))
    await lookOnce(sourceDeps(engine.socket))
    expect(engine.asked[1]).toContain(prefix)
  })

  it('is Podman where a component says so', async () => {
    const components = [{ Name: 'Podman Engine', Version: '4.3.1' }]
    const version = { ...JSON.parse(recorded('version-1.41.json')), Components: components }
    engine.routes.set('/version', JSON.stringify(version))
    const { all, engines } = await lookOnce(sourceDeps(engine.socket))
    expect(engines[0]?.engine).toBe('podman')
    expect(all.every((each) => each.engine === 'podman')).toBe(true)
  })
})

describe('whose process it is', () => {
  it('is no process of ours where the engine has a kernel of its own', async () => {
    engine.routes.set('/version', recorded('version-desktop.json'))
    const { all, engines } = await lookOnce(sourceDeps(engine.socket))
    expect(engines[0]?.state).toBe('elsewhere')
    expect(all.map(({ pid }) => pid)).toEqual([null, null, null])
    expect(all[0]?.running).toBe(true)
  })

  it('is nobody’s where the process is a stranger', async () => {
    const kernel = recordedKernel(new Map([...running(), [4242, 'd4'.repeat(32)]]))
    const { all, engines } = await lookOnce(sourceDeps(engine.socket, { kernel }))
    expect(all.map(({ id, pid }) => [id, pid])).toEqual([
      [FETCH, null],
      [TIME, null],
      [SIDE, 4300],
    ])
    // One of them is here, so that the engine is.
    expect(engines[0]?.state).toBe('answers')
  })

  it('is elsewhere where none of its processes is here', async () => {
    const kernel = recordedKernel(new Map())
    const { engines } = await lookOnce(sourceDeps(engine.socket, { kernel }))
    expect(engines[0]?.state).toBe('elsewhere')
  })

  it('is not known where /proc hides others', async () => {
    const kernel = { ...recordedKernel(new Map()), read: () => null }
    const { all, engines } = await lookOnce(sourceDeps(engine.socket, { kernel }))
    expect(engines[0]?.state).toBe('answers')
    expect(all.every(({ pid }) => pid === null)).toBe(true)
  })

  it('is elsewhere on a system without control groups', async () => {
    const kernel = { ...recordedKernel(running()), isLinux: false }
    const { all, engines } = await lookOnce(sourceDeps(engine.socket, { kernel }))
    expect(engines[0]?.state).toBe('elsewhere')
    expect(all[0]).toMatchObject({ pid: null, running: true })
  })
})
