/** Rootless containers: their processes are the user's, in namespaces of users; slirp4netns connects in their place. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../helpers/clients.ts'
import {
  type ContainerScene,
  containerEntry,
  openContainerScene,
} from '../helpers/container-scene.ts'
import { rootlessDockerObstacle } from '../helpers/docker.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import type { Watcher } from '../helpers/watcher.ts'

const NOBODY = 65_534
const OBSTACLES = {
  podman:
    podmanObstacle() ??
    (spawnSync('slirp4netns', ['--version']).status === 0 ? null : 'needs slirp4netns'),
  docker: rootlessDockerObstacle(),
}
/** Docker has one slirp4netns for all containers, and no network of that name. */
const NETWORK = { podman: ['--network', 'slirp4netns'], docker: [] }
const SCENES = (['podman', 'docker'] as const).flatMap((command) =>
  (['sock-diag', 'ss', 'lsof'] as const).map((engine) => [command, engine] as const),
)
const PORTS = { plain: 20_000, named: 20_001 } as const
type Name = keyof typeof PORTS

describe.each(SCENES)('%s, %s', (command, engine) => {
  const why = OBSTACLES[command]
  describe.skipIf(why !== null)(why === null ? 'rootless containers' : `(${why})`, () => {
    let scene: ContainerScene
    let watcher: Watcher

    beforeAll(async () => {
      scene = await openContainerScene({ engine: command, uid: NOBODY, isRootless: true })
      await scene.containers.makeImage('mcpw-c-server:1')
      watcher = await scene.watch(engine)
      const { XDG_RUNTIME_DIR = '', XDG_DATA_HOME = '', XDG_CONFIG_HOME = '' } = scene.home.env
      const folders = { XDG_RUNTIME_DIR, XDG_DATA_HOME, XDG_CONFIG_HOME }
      const entry = (name: Name, ...options: readonly string[]): Entry => {
        const { containers, lab } = scene
        const server = containers.server('mcpw-c-server:1', `${lab.outside.host}:${PORTS[name]}`)
        const words = ['--rm', ...NETWORK[command], ...options]
        const env = command === 'podman' ? folders : containers.address
        return { ...containerEntry(containers, words, server), env }
      }
      await scene.open('cursor', {
        plain: entry('plain'),
        named: entry('named', '--name', 'mcpw-c-named'),
      })
    })

    afterAll(async () => {
      await scene?.end()
    })

    it('gives each connection to its server once, and nothing to what connects in its place', async () => {
      const told = (): string[] =>
        watcher.events.flatMap(({ event }) =>
          event.event === 'connection-opened'
            ? `${event.server} ${event.address} ${event.port} ${event.role}`
            : [],
        )
      const { host } = scene.lab.outside
      const expected = (['named', 'plain'] as const).map(
        (name) => `${name} ${host} ${PORTS[name]} server`,
      )
      await waitFor(() => expected.every((one) => told().includes(one)), {
        what: () => `${expected.join(', ')} of ${told().join(', ')}`,
        deadlineMs: 20_000,
      })
      expect(told().toSorted()).toEqual(expected)
    })
  })
})
