/** Servers in no configuration that outlive their client, over a restart of the daemon: the same copies, told of once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explanationSchema } from '../../shared/contract/explain.ts'
import type { Report } from '../../shared/contract/report.ts'
import { labObstacle } from '../helpers/lab.ts'
import { type StatesClient, type StatesScene, statesScene } from '../helpers/states-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch, startWatcher, type Watcher } from '../helpers/watcher.ts'

const obstacle = labObstacle()
const title = `servers in no configuration, over a restart${obstacle === null ? '' : ` (${obstacle})`}`
/** Whose client ends while the daemon watches, and while it does not. */
const WATCHED = 'watched-notes-mcp'
const UNSEEN = 'unseen-notes-mcp'
const BOTH = [WATCHED, UNSEEN] as const

type Server = Report['servers'][0]

describe.skipIf(obstacle !== null)(title, () => {
  let scene: StatesScene
  let watcher: Watcher
  let before: Report
  const clients = new Map<string, StatesClient>()
  const pids = new Map<string, number>()

  const pidOf = (name: string): number => pids.get(name) ?? 0
  const named = (report: Report, name: string): Server | undefined =>
    report.servers.find((each) => each.name === name)
  const isOrphan = async (name: string): Promise<boolean> => {
    const { stdout } = await mcpWatch(scene.lab, scene.home, 'explain', `${pidOf(name)}`, '--json')
    const { instances } = explanationSchema.parse(JSON.parse(stdout))
    return instances.some(({ rootPid, orphaned }) => rootPid === pidOf(name) && orphaned)
  }
  const orphaned = (name: string): Promise<boolean> =>
    waitFor(() => isOrphan(name), { what: `${name} is an orphan`, deadlineMs: 20_000 })
  const findingsIn = ({ findings }: Report): string[] =>
    findings.map(({ kind, server, count }) => `${kind} ${server} ${count}`).toSorted()

  beforeAll(async () => {
    scene = await statesScene()
    watcher = await startWatcher(scene.lab, scene.home)
    for (const name of BOTH) {
      const client = await scene.client('cursor')
      clients.set(name, client)
      pids.set(name, await client.run(scene.line(name)))
    }
    before = await scene.reportWith(
      'both findings',
      ({ findings }) =>
        findings.filter(({ kind }) => kind === 'unconfigured-server').length === BOTH.length,
    )
    await clients.get(WATCHED)?.process.signal('SIGKILL')
    await orphaned(WATCHED)
    expect(await isOrphan(UNSEEN)).toBe(false)
    await watcher.process.signal('SIGTERM')
    await watcher.process.exited(20_000)
    await clients.get(UNSEEN)?.process.signal('SIGKILL')
    await clients.get(UNSEEN)?.process.exited(20_000)
    watcher = await startWatcher(scene.lab, scene.home)
  })

  afterAll(async () => {
    await scene?.end()
  })

  it.each(BOTH)('%s is the same copy, without its client', async (name) => {
    await orphaned(name)
    const now = await scene.reportWith(
      'the server',
      (report) => named(report, name)?.state === 'unconfigured',
    )
    const copies = named(now, name)?.instances ?? []
    expect(copies).toMatchObject([
      { rootPid: pidOf(name), endedAt: null, quality: 'unconfigured', reasons: ['protocol-name'] },
    ])
    const known = named(before, name)?.instances[0]
    expect(copies[0]?.startedAt).toBe(known?.startedAt)
  })

  it('is no second finding, and connects out as an orphan', async () => {
    const { host, ports } = scene.lab.outside
    for (const [n, name] of BOTH.entries())
      await scene.send(name, pidOf(name), host, ports.first + n)
    const egress = BOTH.map((name) => `orphan-egress ${name} 1`)
    const now = await scene.reportWith('both findings of orphans', (report) =>
      egress.every((one) => findingsIn(report).includes(one)),
    )
    const once = BOTH.map((name) => `unconfigured-server ${name} 1`)
    expect(findingsIn(now)).toEqual([...egress, ...once].toSorted())
    const told = watcher.events.map(({ event }) => JSON.stringify(event))
    expect(told.filter((line) => /unconfigured-server|instance-ended/.test(line))).toEqual([])
  })

  it('ends when its process does', async () => {
    await scene.lab.signal(pidOf(WATCHED), 'SIGKILL')
    const now = await scene.reportWith('its end', (report) =>
      (named(report, WATCHED)?.instances ?? []).every(({ endedAt }) => endedAt !== null),
    )
    expect(named(now, UNSEEN)?.instances).toMatchObject([{ endedAt: null }])
  })
})
