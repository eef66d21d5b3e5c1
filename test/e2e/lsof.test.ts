/** The same way with lsof, run as root is on a server: what hides from a plain user does not hide here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningClient } from '../helpers/clients.ts'
import { labObstacle } from '../helpers/lab.ts'
import { prepareScene, type Scene } from '../helpers/spine-scenario.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { readReport, startWatcher } from '../helpers/watcher.ts'

const obstacle = labObstacle()
const title = `lsof with capabilities${obstacle === null ? '' : ` (${obstacle})`}`

describe.skipIf(obstacle !== null)(title, () => {
  let scene: Scene
  let clients: readonly RunningClient[]

  beforeAll(async () => {
    scene = await prepareScene()
    await startWatcher(scene.lab, scene.home, { args: ['--engine', 'lsof'], privileged: true })
    clients = await scene.startClients()
  })

  afterAll(async () => {
    await scene?.end()
  })

  it('names every copy and flags what connects out, the sealed server like any other', async () => {
    const { lab, home, rogue, sealed } = scene
    const { host, host6 } = lab.outside
    await rogue.order(lab, { act: 'tcp', host: host6, port: 443, holdMs: 5_000 })
    await sealed.order(lab, { act: 'tcp', host, port: 443, holdMs: 5_000 })
    const flagged = async (): Promise<string[]> =>
      (await readReport(lab, home)).findings
        .map(({ server, kind, destination }) => `${server}: ${kind} ${destination?.address}`)
        .sort()
    const found = await waitFor(
      async () => {
        const now = await flagged()
        return now.length >= 2 ? now : null
      },
      { what: 'two findings', deadlineMs: 20_000, everyMs: 500 },
    )
    expect(found).toEqual([
      `rogue: local-only-egress ${host6}`,
      `sealed: local-only-egress ${host}`,
    ])
    const { servers, coverage } = await readReport(lab, home)
    // More than one span of it where it was slow, and so looked less often.
    expect(new Set(coverage.engines.map(({ name }) => name))).toEqual(new Set(['lsof']))
    const roots = servers.flatMap(({ client, name, instances }) =>
      instances.map(({ rootPid }) => `${client}/${name} ${rootPid}`),
    )
    const expected = clients.flatMap((client) =>
      [...client.roots()].map(([name, pid]) => `${client.id}/${name} ${pid}`),
    )
    expect(roots.sort()).toEqual(expected.sort())
  })
})
