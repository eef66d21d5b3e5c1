/** A server in a container of a bridge that talks to a service on this machine: whoever listens at the bridge's address. */
import { afterEach, describe, expect, it } from 'vitest'
import type { EngineName } from '../../shared/model/observation.ts'
import { configure } from '../helpers/clients.ts'
import { type ContainerScene, openContainerScene } from '../helpers/container-scene.ts'
import { dockerObstacle } from '../helpers/docker.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { nodeNamed } from '../helpers/rogue.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport } from '../helpers/watcher.ts'

const IMAGE = 'mcpw-d-bridged:1'
const PORT = 3006
const DATABASE = 5432
/** Of the default route: the bridge itself (proc(5), /proc/net/route, in the order of the machine's bytes). */
const SERVER = `
  require('node:http').createServer((_, answer) => answer.end()).listen(80)
  const [route] = require('node:fs').readFileSync('/proc/net/route', 'utf8').split('\\n')
    .map((line) => line.split('\\t')).filter(([, to]) => to === '00000000')
  const gateway = Buffer.from(route[2], 'hex').reverse().join('.')
  console.log(gateway)
  require('node:net').connect(${DATABASE}, gateway).on('error', (error) => { throw error })`
const LISTENER = `
  require('node:net').createServer((socket) => socket.on('error', () => {}))
    .listen(${DATABASE}, '0.0.0.0', () => console.log('listens'))`

const OBSTACLES = { podman: podmanObstacle(), docker: dockerObstacle() }
const CASES: readonly (readonly ['podman' | 'docker', EngineName])[] = [
  ['podman', 'sock-diag'],
  ['podman', 'ss'],
  ['podman', 'lsof'],
  ['docker', 'sock-diag'],
]

describe('the peer of a server on a bridge', () => {
  let scene: ContainerScene | undefined

  afterEach(async () => {
    await scene?.end()
    scene = undefined
  })

  it.for(CASES)('is who listens on this machine: %s, %s', async ([command, engine], context) => {
    const why = OBSTACLES[command]
    if (why !== null) context.skip(why)
    const here = await openContainerScene({ engine: command })
    scene = here
    await here.containers.makeImage(IMAGE)
    const url = `http://127.0.0.1:${PORT}/mcp`
    configure(here.home, 'cursor', { bridged: { url, headers: {} } })
    const postgres = nodeNamed(here.home, 'opt/database/postgres')
    const database = await here.lab.start(postgres, ['-e', LISTENER], { env: here.home.env })
    await waitFor(() => database.stdout.includes('listens'), {
      what: 'the database listens',
      deadlineMs: 20_000,
    })
    await here.watch(engine)
    const options = ['--detach', '--name', 'mcpw-d-bridged', '--publish', `${PORT}:80`]
    await here.containers.run('run', ...options, IMAGE, 'node', '-e', SERVER)
    const seen = async () => {
      const { servers } = await readReport(here.lab, here.home)
      const all = servers.flatMap(({ destinations }) => destinations)
      const to = all.find(({ port }) => port === DATABASE)
      return to?.names.length ? to : null
    }
    const to = await waitFor(seen, { what: 'its peer is known', deadlineMs: 30_000 })
    expect(to).toMatchObject({
      scope: 'self',
      verdict: 'expected',
      names: [{ name: 'postgres', source: 'listener' }],
    })
  })
})
