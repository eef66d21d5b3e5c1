import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentContextHost } from '../../../daemon/containers/docker-context.ts'
import { enginePlaces } from '../../../daemon/containers/places.ts'

const ada = { env: {}, home: '/home/ada', uid: 1000, context: null }
const paths = (input: Partial<Parameters<typeof enginePlaces>[0]>) =>
  enginePlaces({ ...ada, ...input }).sockets.map(({ path }) => path)

describe('places', () => {
  it('are where engines put their sockets by themselves', () => {
    const usual = paths({})
    expect(usual).toEqual(
      expect.arrayContaining([
        '/var/run/docker.sock',
        '/run/user/1000/docker.sock',
        '/run/podman/podman.sock',
        '/run/user/1000/podman/podman.sock',
        '/home/ada/.docker/desktop/docker.sock',
        '/home/ada/.colima/default/docker.sock',
      ]),
    )
    expect(new Set(usual).size).toBe(usual.length)
    expect(paths({ env: { XDG_RUNTIME_DIR: '/x' } })).toContain('/x/podman/podman.sock')
  })

  it('begin with what the environment and the context name', () => {
    const env = { DOCKER_HOST: 'unix:///a/d.sock', CONTAINER_HOST: 'unix:///a/p.sock' }
    const { sockets } = enginePlaces({ ...ada, env, context: 'unix:///a/c.sock' })
    expect(sockets.slice(0, 3)).toEqual([
      { engine: 'docker', path: '/a/d.sock' },
      { engine: 'podman', path: '/a/p.sock' },
      { engine: 'docker', path: '/a/c.sock' },
    ])
  })

  it.each(['tcp://10.0.0.1:2375', 'ssh://ada:planted@host', 'npipe:////./pipe/x'])(
    'are elsewhere where %s is named, of which only the kind is kept',
    (host) => {
      const { sockets, elsewhere } = enginePlaces({ ...ada, env: { DOCKER_HOST: host } })
      expect(sockets).toEqual(enginePlaces(ada).sockets)
      expect(elsewhere).toEqual([{ engine: 'docker', path: host.replace(/\/\/.*/, '//') }])
    },
  )

  it('are absolute paths that a socket can have, whatever is named', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (docker, podman, context) => {
        const env = {
          DOCKER_HOST: docker,
          CONTAINER_HOST: `unix://${podman}`,
          XDG_RUNTIME_DIR: docker,
        }
        const { sockets, elsewhere } = enginePlaces({ ...ada, env, context })
        const usual = enginePlaces(ada).sockets.length
        expect(sockets.length).toBeLessThanOrEqual(usual + 3)
        expect(elsewhere.length).toBeLessThanOrEqual(2)
        for (const { path } of sockets) {
          expect(path.startsWith('/')).toBe(true)
          expect(path).not.toContain('\0')
          expect(Buffer.byteLength(path)).toBeLessThan(200)
        }
      }),
    )
  })
})

describe('the current context', () => {
  const digest = (name: string): string => createHash('sha256').update(name).digest('hex')
  const files = (changes: Record<string, string> = {}): Map<string, string> =>
    new Map(
      Object.entries({
        '/home/ada/.docker/config.json':
          '{"currentContext":"colima","auths":{"x":{"auth":"planted"}}}',
        [`/home/ada/.docker/contexts/meta/${digest('colima')}/meta.json`]:
          '{"Name":"colima","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///c.sock","SkipTLSVerify":false}}}',
        [`/home/ada/.docker/contexts/meta/${digest('far')}/meta.json`]:
          '{"Endpoints":{"docker":{"Host":"ssh://far"}}}',
        ...changes,
      }),
    )
  const hostIn = (all: Map<string, string>, env = {}) =>
    currentContextHost(env, '/home/ada', (path) => all.get(path) ?? null)

  it('is what Docker would use', () => {
    expect(hostIn(files())).toBe('unix:///c.sock')
    expect(hostIn(files(), { DOCKER_CONTEXT: 'far' })).toBe('ssh://far')
    expect(hostIn(files(), { DOCKER_CONTEXT: 'default' })).toBeNull()
    expect(hostIn(files(), { DOCKER_CONFIG: '/elsewhere' })).toBeNull()
    expect(hostIn(new Map())).toBeNull()
  })

  it('is none where the files are not as they should be', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(hostIn(files({ '/home/ada/.docker/config.json': text }))).toBeNull()
        const meta = `/home/ada/.docker/contexts/meta/${digest('colima')}/meta.json`
        expect(hostIn(files({ [meta]: text }))).toBeNull()
      }),
    )
  })
})
