/** Containers that come and go while sockets are looked at: nothing of theirs under another's name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ContainerScene,
  containerEntry,
  openContainerScene,
} from '../helpers/container-scene.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import type { Watcher } from '../helpers/watcher.ts'

const why = podmanObstacle()
/** Of servers; those of strangers follow. */
const FIRST = 20_000
const SERVERS = 4
const STRANGERS = { first: FIRST + 20, count: 20, atOnce: 2 }
/** Long enough for each engine's look, and short enough that they come and go. */
const HOLD_MS = 300

describe.skipIf(why !== null).each(['bpf', 'sock-diag', 'ss'])(
  `%s, with containers that come and go${why === null ? '' : ` (${why})`}`,
  (engine) => {
    let scene: ContainerScene
    let watcher: Watcher

    beforeAll(async () => {
      scene = await openContainerScene({ sharesPids: engine === 'bpf' })
      await scene.containers.makeImage('mcpw-c-server:1')
      watcher = await scene.watch(engine)
    })

    afterAll(async () => {
      await scene?.end()
    })

    const aim = (port: number): string => `${scene.lab.outside.host}:${port}`
    /** `client/name port` of all that was told. */
    const told = (): { readonly name: string; readonly port: number; readonly role: unknown }[] =>
      watcher.events.flatMap(({ event }) =>
        event.event === 'connection-opened' && event.port >= FIRST
          ? { name: event.server, port: event.port, role: event.role }
          : [],
      )

    it('tells of servers what is theirs, and of strangers’ containers nothing', async () => {
      const { containers } = scene
      const names = Array.from({ length: SERVERS }, (_, i) => `server-${i}`)
      const entries = Object.fromEntries(
        names.map((name, i) => [
          name,
          containerEntry(
            containers,
            ['--rm'],
            containers.server('mcpw-c-server:1', aim(FIRST + i), String(HOLD_MS)),
          ),
        ]),
      )
      const client = await scene.open('cursor', entries)
      // Of the same image, by somebody who is no client.
      const stranger = async (i: number): Promise<void> => {
        const name = `mcpw-stranger-${i}`
        const server = containers.server(
          'mcpw-c-server:1',
          aim(STRANGERS.first + i),
          String(HOLD_MS),
        )
        await containers.run('run', '--detach', '--rm', '--name', name, ...server)
        await containers.run('rm', '--force', '--time', '0', name)
      }
      const gone: Promise<void>[] = []
      for (let i = 0; i < STRANGERS.count; i += STRANGERS.atOnce) {
        await Promise.all(gone.splice(0))
        for (let j = 0; j < STRANGERS.atOnce; j += 1) gone.push(stranger(i + j))
        // A server's own ends among them.
        if (i === STRANGERS.count / 2) await client.process.write('stop server-0\n')
      }
      await Promise.all(gone)
      await waitFor(() => names.every((name) => told().some((one) => one.name === name)), {
        what: () => `all servers: ${JSON.stringify(told())}`,
        deadlineMs: 20_000,
      })
      const wrong = told().filter(
        ({ name, port, role }) => name !== `server-${port - FIRST}` || role !== 'server',
      )
      expect(wrong).toEqual([])
    })
  },
)
