/** Servers in real containers of Podman and of Docker, started by clients as people configure them: whose connections are whose. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../helpers/clients.ts'
import {
  type ContainerScene,
  containerEntry,
  type OpenClient,
  openContainerScene,
} from '../helpers/container-scene.ts'
import { dockerObstacle } from '../helpers/docker.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport, type Watcher } from '../helpers/watcher.ts'

const OBSTACLES = { podman: podmanObstacle(), docker: dockerObstacle() }
/** How long each may take to tell of a connection: its longest interval (ms), and a busy machine. */
const INTERVALS_MS = { bpf: 1_000, 'sock-diag': 1_000, ss: 1_000, lsof: 2_000 } as const
const SCENES = (['podman', 'docker'] as const).flatMap((command) =>
  (['bpf', 'sock-diag', 'ss', 'lsof'] as const).map((engine) => [command, engine] as const),
)
const BUSY_MS = 1_500
/** Held so long that each engine looks at it, whatever the moment. */
const HOLD_MS = 4_000
/** Each entry connects to a port of its own, which says whose a connection is, whatever anybody takes it for. */
const PORTS = {
  bridge: 20_000,
  none: 20_001,
  host: 20_002,
  old: 20_003,
  new: 20_004,
  cidfile: 20_005,
  named: 20_006,
  north: 20_007,
  south: 20_008,
  labelled: 20_009,
  orphan: 20_010,
  again: 20_011,
  timed: 20_012,
  joined: 20_013,
  entered: 20_014,
  started: 20_015,
} as const
type Name = keyof typeof PORTS

describe.each(SCENES)('%s, %s', (command, engine) => {
  const why = OBSTACLES[command]
  describe.skipIf(why !== null)(why === null ? 'servers in containers' : `(${why})`, () => {
    let scene: ContainerScene
    let watcher: Watcher
    let client: OpenClient

    beforeAll(async () => {
      scene = await openContainerScene({ engine: command, sharesPids: engine === 'bpf' })
      await scene.containers.makeImage('mcpw-c-server:1')
      await scene.containers.makeImage('mcpw-c-server:2')
      // Of nobody's configuration; a server is told to share its network.
      const { containers } = scene
      const stranger = containers.server('mcpw-c-server:1', `${scene.lab.outside.host}:20040`)
      await containers.run('run', '--detach', '--rm', '--name', 'mcpw-c-stranger', ...stranger)
      // Made before, for entries that only talk to one.
      const { server } = containers
      await containers.run('run', '--detach', '--name', 'mcpw-c-box', ...server('mcpw-c-server:1'))
      const started = server('mcpw-c-server:1', `${scene.lab.outside.host}:${PORTS.started}`)
      await containers.run('create', '--interactive', '--name', 'mcpw-c-made', ...started)
      watcher = await scene.watch(engine)
      const { cursor, desktop } = entriesOf(scene)
      ;[client] = await Promise.all([
        scene.open('cursor', cursor),
        scene.open('claude-desktop', desktop),
      ])
    })

    afterAll(async () => {
      await scene?.end()
    })

    /** What runs on this machine besides shows where exact capture shares its pids: it is not of this test. */
    const isOurs = (name: string): name is Name => name in PORTS
    const opened = (
      from = 0,
    ): { readonly at: number; readonly text: string; readonly port: number }[] =>
      watcher.events.slice(from).flatMap(({ event, receivedAt: at }) =>
        event.event === 'connection-opened' && isOurs(event.server)
          ? {
              at,
              port: event.port,
              text: `${event.client}/${event.server} ${event.port} ${event.role}`,
            }
          : [],
      )
    /** `client/name port role` of all connections that were told, each once. */
    const told = (): string[] => [...new Set(opened().map(({ text }) => text))]

    it('gives each connection to the server whose container made it, and to nobody else', async () => {
      const expected = (Object.keys(PORTS) as Name[])
        .filter((name) => name !== 'none')
        .map((name) => `${clientOf(name)}/${name} ${PORTS[name]} server`)
      await waitFor(() => expected.every((one) => told().includes(one)), {
        what: () =>
          `${expected.filter((one) => !told().includes(one)).join(', ')} of ${told().join(', ')}`,
        deadlineMs: 20_000,
      })
      // An attempt from where there is no way out is known where the kernel tells of attempts.
      const tried = `cursor/none ${PORTS.none} server`
      const others = told().filter((one) => engine !== 'bpf' || one !== tried)
      expect(others.toSorted()).toEqual(expected.toSorted())
    })

    it('reaches nothing from the container that has no network', async () => {
      const { servers } = await readReport(scene.lab, scene.home)
      const none = servers.filter(({ name }) => name === 'none')
      const reached = none.flatMap(({ destinations }) => destinations)
      expect(reached.filter(({ attempted }) => !attempted)).toEqual([])
      if (engine === 'bpf') expect(reached).toMatchObject([{ port: PORTS.none, attempted: true }])
    })

    it('has one running copy of each, with the engine’s command as its root', async () => {
      const { servers } = await readReport(scene.lab, scene.home)
      const ours = servers.filter(({ name }) => isOurs(name))
      const copies = ours.map(({ name, instances }) => [
        name,
        instances.filter(({ endedAt }) => endedAt === null).length,
      ])
      expect(copies.filter(([, count]) => count !== 1)).toEqual([])
      expect(copies).toHaveLength(Object.keys(PORTS).length)
    })

    it('tells of each within the engine’s interval', async () => {
      const log = (): number[] =>
        readFileSync(scene.home.join('out/log'), 'utf8')
          .split('\n')
          .flatMap((line) => (line === '' ? [] : Number(line)))
      const timed = (): number[] =>
        opened().flatMap(({ at, port }) => (port === PORTS.timed ? at : []))
      await waitFor(() => timed().length >= 3, { what: 'three connections', deadlineMs: 30_000 })
      const made = log()
      const late = timed().map((at, i) => at - (made[i] ?? 0))
      expect(late.filter((ms) => ms < 0 || ms > INTERVALS_MS[engine] + BUSY_MS)).toEqual([])
    })

    it('goes on with a container whose command was killed', async () => {
      const before = watcher.events.length
      const { containers, lab } = scene
      const pid = await containers.run('inspect', '--format', '{{.State.Pid}}', 'mcpw-c-orphan')
      await lab.signal(client.pidOf('orphan'), 'SIGKILL')
      await containers.run('exec', 'mcpw-c-orphan', 'node', '-e', connecting(20_030))
      await toldSince(before, 'cursor/orphan 20030 child')
      const now = await containers.run('inspect', '--format', '{{.State.Pid}}', 'mcpw-c-orphan')
      expect(now).toBe(pid)
    })

    it('knows a container that was started again', async () => {
      const before = watcher.events.length
      await scene.containers.run('restart', '--time', '0', 'mcpw-c-again')
      await toldSince(before, `cursor/again ${PORTS.again} server`)
    })

    it('knows a container that was given another name', async () => {
      const before = watcher.events.length
      await scene.containers.run('rename', 'mcpw-c-named', 'mcpw-c-renamed')
      await scene.containers.run('exec', 'mcpw-c-renamed', 'node', '-e', connecting(20_031))
      await toldSince(before, 'cursor/named 20031 child')
    })

    it('has told nothing of the commands that started them', () => {
      expect(told().filter((one) => !/ (server|child)$/.test(one))).toEqual([])
    })

    const toldSince = (from: number, wanted: string): Promise<true> =>
      waitFor(() => opened(from).some(({ text }) => text === wanted), {
        what: () => `${wanted} of ${told().join(', ')}`,
        deadlineMs: 20_000,
      })
  })
})

const clientOf = (name: Name): string => (name === 'new' ? 'claude-desktop' : 'cursor')

const connecting = (port: number): string =>
  `const s = require('node:net').connect(${port}, '203.0.113.10'); setTimeout(() => s.destroy(), 3000)`

function entriesOf(scene: ContainerScene): Record<'cursor' | 'desktop', Record<string, Entry>> {
  const { home, containers } = scene
  const aim = (name: Name): string => `${scene.lab.outside.host}:${PORTS[name]}`
  const entry = (name: Name, options: readonly string[], image = 'mcpw-c-server:1'): Entry =>
    containerEntry(containers, options, containers.server(image, aim(name)))
  const mounted = (name: Name): Entry => {
    mkdirSync(home.join(name))
    writeFileSync(home.join(name, 'aim'), aim(name))
    const options = ['--rm', '-v', `${home.join(name)}:/data:ro`]
    return containerEntry(containers, options, containers.server('mcpw-c-server:1', '/data/aim'))
  }
  const out = home.join('out')
  mkdirSync(out)
  const told = (...args: readonly string[]): Entry =>
    containers.command === 'docker'
      ? { command: 'docker', args, env: containers.address }
      : { command: 'podman', args }
  const server = containers.server('', aim('entered'))
  return {
    cursor: {
      bridge: entry('bridge', ['--rm']),
      none: entry('none', ['--rm', '--network', 'none']),
      host: entry('host', ['--rm', '--network=host']),
      old: entry('old', ['--rm']),
      cidfile: entry('cidfile', ['--rm', '--cidfile', home.join('cid')]),
      named: entry('named', ['--rm', '--name', 'mcpw-c-named']),
      north: mounted('north'),
      south: mounted('south'),
      labelled: entry('labelled', ['--rm', '-l', 'mcpw-c=labelled']),
      joined: entry('joined', ['--rm', '--network', 'container:mcpw-c-stranger']),
      orphan: entry('orphan', ['--rm', '--name=mcpw-c-orphan']),
      again: entry('again', ['--name', 'mcpw-c-again']),
      entered: told('exec', '-i', 'mcpw-c-box', ...server.slice(1)),
      started: told('start', '--attach', '--interactive', 'mcpw-c-made'),
      timed: containerEntry(
        containers,
        ['--rm', '-v', `${out}:/out`],
        containers.server('mcpw-c-server:1', aim('timed'), String(HOLD_MS), '/out/log'),
      ),
    },
    desktop: { new: entry('new', ['--rm'], 'mcpw-c-server:2') },
  }
}
