/** Rootless containers: their processes are the user's, in namespaces of users; slirp4netns connects in their place. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../helpers/clients.ts'
import {
  type ContainerScene,
  containerEntry,
  openContainerScene,
} from '../helpers/container-scene.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import type { Watcher } from '../helpers/watcher.ts'

const NOBODY = 65_534
const why =
  podmanObstacle() ??
  (spawnSync('slirp4netns', ['--version']).status === 0 ? null : 'needs slirp4netns')
const PORTS = { plain: 20_000, named: 20_001 } as const
type Name = keyof typeof PORTS

describe.skipIf(why !== null).each(['sock-diag', 'ss', 'lsof'])(
  `%s, with rootless containers${why === null ? '' : ` (${why})`}`,
  (engine) => {
    let scene: ContainerScene
    let watcher: Watcher

    beforeAll(async () => {
      scene = await openContainerScene({ uid: NOBODY, isRootless: true })
      await scene.containers.makeImage('mcpw-c-server:1')
      watcher = await scene.watch(engine)
      const { XDG_RUNTIME_DIR = '', XDG_DATA_HOME = '', XDG_CONFIG_HOME = '' } = scene.home.env
      const entry = (name: Name, ...options: readonly string[]): Entry => ({
        ...containerEntry(
          scene.containers,
          ['--rm', '--network', 'slirp4netns', ...options],
          scene.containers.server('mcpw-c-server:1', `${scene.lab.outside.host}:${PORTS[name]}`),
        ),
        env: { XDG_RUNTIME_DIR, XDG_DATA_HOME, XDG_CONFIG_HOME },
      })
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
  },
)
