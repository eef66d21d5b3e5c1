/** A disk that is full, or takes no more writes: watching and telling go on, and what was seen is written later. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type FailureScene,
  failureObstacle,
  failureScene,
  titled,
} from '../helpers/failure-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch } from '../helpers/watcher.ts'

/** A report calls a database silent that was not written to for ten seconds. */
const SILENT_MS = 13_000

describe.skipIf(failureObstacle() !== null)(titled('while nothing can be written'), () => {
  let scene: FailureScene
  const ports: number[] = []

  beforeAll(async () => {
    scene = await failureScene({}, async ({ home, asRoot }) => {
      await asRoot('mount', '-t', 'tmpfs', '-o', 'size=3m,mode=700', 'tmpfs', home.stateFolder)
    })
    ports.push(await scene.connect())
    await scene.found(ports[0] as number)
  })
  afterAll(async () => {
    await scene?.end()
  })

  const failing = (): Promise<unknown> =>
    waitFor(() => scene.events('store-failed').length > 0, {
      what: 'a write fails',
      deadlineMs: 20_000,
    })
  it('findings are printed and shown all the same, and the trouble is told once', async () => {
    const { home } = scene
    // To the end of its last block, so that there is no room for a line of the log either.
    await scene.asRoot('truncate', '-s', '%4096', `${home.stateFolder}/log`)
    await scene.asRoot('sh', '-c', `cat /dev/zero > ${home.stateFolder}/fill 2>/dev/null || true`)
    await failing()
    const since = Date.now()
    ports.push(await scene.connect())
    await scene.found(ports[1] as number)
    const status = await mcpWatch(scene.lab, home, 'status')
    expect(status.stdout + status.stderr).toContain('The database cannot be written')
    const doctor = await mcpWatch(scene.lab, home, 'doctor')
    expect(doctor.stdout).toContain('it cannot write to its database')
    await waitFor(() => Date.now() - since > SILENT_MS, { what: 'ticks', deadlineMs: 60_000 })
    expect((await scene.report()).coverage.gaps.map(({ reason }) => reason)).toEqual(['not-stored'])
    expect(scene.events('store-failed')).toHaveLength(1)
    expect(scene.events('store-recovered')).toHaveLength(0)
  })

  it('what was seen is written once there is room, and the report says that it was late', async () => {
    await scene.asRoot('rm', `${scene.home.stateFolder}/fill`)
    await waitFor(() => scene.events('store-recovered').length === 1, {
      what: 'a write works',
      deadlineMs: 20_000,
    })
    const report = await scene.report()
    const found = report.findings.map(({ destination }) => destination?.port)
    expect(found).toEqual(expect.arrayContaining(ports))
    expect(report.coverage.gaps.map(({ reason }) => reason)).toEqual(['stored-late'])
    expect(scene.watcher.process.exit).toBeNull()
  })

  it('nothing is told again by the next daemon', async () => {
    const { watcher } = scene
    await watcher.process.signal('SIGKILL')
    await watcher.process.exited(5_000)
    const told = scene.desktop.shown.length
    await scene.start()
    ports.push(await scene.connect())
    await scene.found(ports[2] as number)
    expect(scene.desktop.shown).toHaveLength(told + 1)
    expect(scene.events('finding')).toHaveLength(ports.length)
  })
})

describe.skipIf(failureObstacle() !== null)(titled('rights that are taken away'), () => {
  let scene: FailureScene
  beforeAll(async () => {
    scene = await failureScene()
  })
  afterAll(async () => {
    await scene?.end()
  })

  it('writes that the kernel refuses: watching goes on, and all is written when it lets them', async () => {
    const pid = `${scene.watcher.process.pid}`
    await scene.asRoot('prlimit', '--pid', pid, '--fsize=1:')
    await waitFor(() => scene.events('store-failed').length === 1, {
      what: 'a write fails',
      deadlineMs: 20_000,
    })
    const port = await scene.connect()
    await scene.found(port)
    expect((await scene.health()).status).toBe('not-storing')
    await scene.asRoot('prlimit', '--pid', pid, '--fsize=unlimited:')
    await waitFor(() => scene.events('store-recovered').length === 1, {
      what: 'a write works',
      deadlineMs: 20_000,
    })
    expect((await scene.report()).findings.map((it) => it.destination?.port)).toContain(port)
  })

  it('rights to the state folder and its files: what is open goes on being written', async () => {
    const { home, lab } = scene
    await scene.asRoot('sh', '-c', `chmod 000 ${home.stateFolder}/* ${home.stateFolder}`)
    const port = await scene.connect()
    await scene.found(port)
    const { code, stderr } = await mcpWatch(lab, home, 'report')
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/cannot be|no mcp-watch|nothing/)
    await scene.asRoot('sh', '-c', `chmod 700 ${home.stateFolder}; chmod 600 ${home.stateFolder}/*`)
    expect((await scene.report()).findings.map((it) => it.destination?.port)).toContain(port)
    expect(scene.events('degraded')).toEqual([])
  })

  it('a folder that is read-only: no start, with the reason; what was recorded is still told', async () => {
    const { home, lab, watcher } = scene
    await watcher.process.signal('SIGTERM')
    await watcher.process.exited(10_000)
    await scene.asRoot('mount', '--bind', home.stateFolder, home.stateFolder)
    await scene.asRoot('mount', '-o', 'remount,bind,ro', home.stateFolder)
    const started = await mcpWatch(lab, home, 'start')
    expect(started.code).toBe(4)
    expect(started.stderr).toMatch(/writable|cannot be (written|taken|used)/)
    expect((await scene.report()).findings).toHaveLength(2)
  })
})
