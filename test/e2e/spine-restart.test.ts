/** A daemon killed at any moment loses the tick in flight and no more, and its successor goes on where it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Connections, connectionsSchema } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { labObstacle } from '../helpers/lab.ts'
import { prepareScene, type Scene } from '../helpers/spine-scenario.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { getApi, readReport, startWatcher, type Watcher } from '../helpers/watcher.ts'

const obstacle = labObstacle()
const title = `kill -9 and restart${obstacle === null ? '' : ` (${obstacle})`}`

/** What is to be the same, and nothing that time alone changes. */
function lastingParts({ servers, findings }: Report): object {
  return {
    findings: findings.map(({ id }) => id).sort(),
    servers: servers.map(({ id, instances, destinations }) => ({
      id,
      instances: instances.map(({ rootPid, startedAt }) => `${rootPid} ${startedAt}`).sort(),
      destinations: destinations
        .map((to) => `${to.protocol} ${to.address} ${to.port} ${to.direction} ${to.connections}`)
        .sort(),
    })),
  }
}

describe.skipIf(obstacle !== null)(title, () => {
  let scene: Scene
  let watcher: Watcher
  let lasting: Connections['connections'][0]
  const reports: Report[] = []

  const connectionsTo = async (port: number): Promise<Connections['connections']> => {
    const { body } = await getApi(scene.home, 'connections')
    return connectionsSchema
      .parse(JSON.parse(body))
      .connections.filter((connection) => connection.port === port)
  }

  beforeAll(async () => {
    scene = await prepareScene()
    const { lab, home, rogue } = scene
    watcher = await startWatcher(lab, home)
    const clients = await scene.startClients()
    const instances = clients.flatMap((client) => [...client.roots()]).length
    const port = lab.outside.ports.first
    await rogue.order(lab, { act: 'tcp', host: lab.outside.host, port, holdMs: null })
    await rogue.order(lab, { act: 'tcp', host: lab.outside.host6, port: 443, holdMs: 1_500 })
    // Everything is there, and a tick later nothing else came.
    let earlier = ''
    const settled = async (): Promise<Report | null> => {
      const now = await readReport(lab, home)
      const seen = now.servers.flatMap((server) => server.instances).length
      const before = earlier
      earlier = JSON.stringify(lastingParts(now))
      return seen >= instances && now.findings.length >= 3 && earlier === before ? now : null
    }
    const what = 'all instances and findings'
    reports.push(await waitFor(settled, { what, deadlineMs: 30_000, everyMs: 1_500 }))
    const [only] = await connectionsTo(port)
    if (only === undefined) throw new Error('the lasting connection is not among the connections')
    lasting = only
    await watcher.process.signal('SIGKILL')
    await watcher.process.exited(5_000)
    reports.push(await readReport(lab, home))
    const restartedAt = Date.now()
    watcher = await startWatcher(lab, home)
    const ticked = async (): Promise<boolean> => {
      const { lastTickAt } = JSON.parse((await getApi(home, 'health')).body) as Record<
        string,
        string
      >
      return lastTickAt != null && Date.parse(lastTickAt) > restartedAt
    }
    await waitFor(ticked, { what: 'a tick after the restart', deadlineMs: 20_000 })
    reports.push(await readReport(lab, home))
  })

  afterAll(async () => {
    await scene?.end()
  })

  it('answers the same while it is down', () => {
    const [before, down] = reports as [Report, Report]
    expect(lastingParts(down)).toEqual(lastingParts(before))
  })

  it('answers the same once it runs again', () => {
    const [before, , after] = reports as [Report, Report, Report]
    expect(lastingParts(after)).toEqual(lastingParts(before))
  })

  it('keeps a connection that stayed open as the one it was', async () => {
    const after = await connectionsTo(lasting.port)
    expect(after).toHaveLength(1)
    expect(after[0]).toMatchObject({
      id: lasting.id,
      firstSeen: lasting.firstSeen,
      openedBefore: lasting.openedBefore,
      closedAt: null,
    })
  })

  it('says that it did not look meanwhile', () => {
    const [before, , after] = reports as [Report, Report, Report]
    expect(before.coverage.gaps).toEqual([])
    expect(after.coverage.gaps).toMatchObject([{ reason: 'daemon-down' }])
  })
})
