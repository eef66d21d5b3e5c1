/** A plain user's daemon beside containers of root's, as with Docker: their processes are closed, their networks are not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../helpers/clients.ts'
import {
  type ContainerScene,
  containerEntry,
  openContainerScene,
} from '../helpers/container-scene.ts'
import { dockerObstacle } from '../helpers/docker.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { getApi, type Watcher } from '../helpers/watcher.ts'

const OBSTACLES = { podman: podmanObstacle(), docker: dockerObstacle() }
const SCENES = (['podman', 'docker'] as const).flatMap((command) =>
  (['sock-diag', 'ss', 'lsof'] as const).map((engine) => [command, engine] as const),
)
const NOBODY = 65_534
const PORTS = {
  bridge: 20_000,
  named: 20_001,
  none: 20_002,
  short: 20_003,
  joined: 20_004,
} as const
type Name = keyof typeof PORTS
interface ReportPart {
  readonly servers: readonly { readonly id: string; readonly name: string }[]
  readonly coverage: {
    readonly notObserved: readonly { readonly serverId: string; readonly reason: string }[]
  }
}
/** Shorter than any interval: known by what waits after it was closed (TIME_WAIT). */
const SHORT_MS = 20

describe.each(SCENES)('%s, %s, as a plain user', (command, engine) => {
  const why = OBSTACLES[command]
  describe.skipIf(why !== null)(why === null ? 'servers in containers' : `(${why})`, () => {
    let scene: ContainerScene
    let watcher: Watcher

    beforeAll(async () => {
      scene = await openContainerScene({ engine: command, uid: NOBODY })
      await scene.containers.makeImage('mcpw-c-server:1')
      // Of nobody's configuration, two in one network: that says nothing of the networks of others.
      await scene.containers.run(...stranger(20_030, '--name', 'mcpw-c-stranger'))
      await scene.containers.run(...stranger(20_031, '--network', 'container:mcpw-c-stranger'))
      watcher = await scene.watch(engine)
      await scene.open('cursor', {
        bridge: entry('bridge', []),
        named: entry('named', ['--name', 'mcpw-c-named']),
        none: entry('none', ['--network', 'none']),
        short: entry('short', [], String(SHORT_MS)),
        joined: entry('joined', ['--network', 'container:mcpw-c-stranger']),
      })
    })

    afterAll(async () => {
      await scene?.end()
    })

    const stranger = (port: number, ...options: readonly string[]): string[] => {
      const server = scene.containers.server('mcpw-c-server:1', `${scene.lab.outside.host}:${port}`)
      return ['run', '--detach', '--rm', ...options, ...server]
    }
    /** Only with the engine's address in it does the command ask the service: the container is root's then. */
    const entry = (name: Name, options: readonly string[], ...words: readonly string[]): Entry => {
      const aim = `${scene.lab.outside.host}:${PORTS[name]}`
      const server = scene.containers.server('mcpw-c-server:1', aim, ...words)
      const { containers } = scene
      return {
        ...containerEntry(containers, ['--rm', ...options], server),
        env: containers.address,
      }
    }
    const told = (): string[] => [
      ...new Set(
        watcher.events.flatMap(({ event }) =>
          event.event === 'connection-opened'
            ? `${event.server} ${event.port} ${event.role} ${event.direction}`
            : [],
        ),
      ),
    ]

    it('gives the connections of each container to its server', async () => {
      const expected = (['bridge', 'named', 'short'] as const).map(
        (name) => `${name} ${PORTS[name]} server outbound`,
      )
      await waitFor(() => expected.every((one) => told().includes(one)), {
        what: () => `${expected.join(', ')} of ${told().join(', ')}`,
        deadlineMs: 20_000,
      })
      expect(told().toSorted()).toEqual(expected.toSorted())
    })

    it('says what it does not see, and calls no container unreadable that has a network of its own', async () => {
      const hidden = async (): Promise<readonly (string | undefined)[]> => {
        const { servers, coverage } = JSON.parse(
          (await getApi(scene.home, 'report')).body,
        ) as ReportPart
        return coverage.notObserved
          .filter(({ reason }) => reason === 'process-unreadable')
          .map(({ serverId }) => servers.find(({ id }) => id === serverId)?.name)
      }
      // What is in a network that it shares cannot be told from what others do there.
      await waitFor(async () => (await hidden()).includes('joined'), {
        what: 'the container in the network of another',
        deadlineMs: 20_000,
      })
      expect(await hidden()).toEqual(['joined'])
      const { engine: now } = JSON.parse((await getApi(scene.home, 'status')).body) as {
        engine: { degraded: { code: string }[] }
      }
      const codes = now.degraded.map(({ code }) => code)
      expect(codes).toContain(
        { 'sock-diag': 'containers-sampled', ss: 'sampling', lsof: 'lsof-sampling' }[engine],
      )
      expect(codes).not.toContain('other-namespace-unreadable')
    })
  })
})
