/** An HTTP server in a container that nobody's client started: found by the port that is published for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configure } from '../helpers/clients.ts'
import { type ContainerScene, openContainerScene } from '../helpers/container-scene.ts'
import { dockerObstacle } from '../helpers/docker.ts'
import { podmanObstacle } from '../helpers/podman.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport } from '../helpers/watcher.ts'

const IMAGE = 'mcpw-d-web:1'
const PORT = 3005
const SERVER = `
  require('node:http').createServer((_, answer) => answer.end()).listen(80)
  const open = () => {
    const socket = require('node:net').connect(Number(process.argv[2]), process.argv[1])
    socket.on('error', () => {}).on('close', () => setTimeout(open, 300))
  }
  open()`

const OBSTACLES = { podman: podmanObstacle(), docker: dockerObstacle() }

describe.each(['podman', 'docker'] as const)('a published port of %s', (command) => {
  const why = OBSTACLES[command]
  describe.skipIf(why !== null)(why === null ? 'that is configured' : `(${why})`, () => {
    let scene: ContainerScene

    beforeAll(async () => {
      scene = await openContainerScene({ engine: command })
      await scene.containers.makeImage(IMAGE)
      configure(scene.home, 'cursor', {
        web: { url: `http://127.0.0.1:${PORT}/mcp`, headers: {} },
        elsewhere: { url: `http://127.0.0.1:${PORT + 1}/mcp`, headers: {} },
      })
      await scene.watch('sock-diag')
    })

    afterAll(async () => {
      await scene?.end()
    })

    it('leads to the container behind it, whose connections are the entry’s', async () => {
      const { host, ports } = scene.lab.outside
      const to = [host, String(ports.first + 30)]
      const options = ['--detach', '--name', 'mcpw-d-web', '--publish', `${PORT}:80`]
      await scene.containers.run('run', ...options, IMAGE, 'node', '-e', SERVER, ...to)
      const seen = async () => {
        const { servers, findings } = await readReport(scene.lab, scene.home)
        const web = servers.find(({ name }) => name === 'web')
        const isSeen = (web?.destinations.length ?? 0) > 0 && findings.length > 0
        return isSeen ? { servers, findings, web } : null
      }
      const { servers, findings, web } = await waitFor(seen, {
        what: 'it is seen',
        deadlineMs: 20_000,
      })
      expect(web).toMatchObject({
        state: 'running',
        instances: [{ quality: 'listener', reasons: ['published-port'] }],
        destinations: [{ address: host, port: ports.first + 30, owners: [{ role: 'server' }] }],
      })
      const told = findings.filter(({ kind }) => kind === 'exposed-listener')
      expect(told.map(({ destination }) => destination?.port)).toEqual([PORT])
      expect(told[0]?.explanation).toContain(`port 80 of its container, published as port ${PORT}`)
      expect(servers.find(({ name }) => name === 'elsewhere')?.state).toBe('never-seen')
    })
  })
})
