/** What somebody does to the database of a running daemon. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../shared/contract/report.ts'
import {
  type FailureScene,
  failureObstacle,
  failureScene,
  integrity,
  titled,
} from '../helpers/failure-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch } from '../helpers/watcher.ts'

describe.skipIf(failureObstacle() !== null)(titled('the database of a running daemon'), () => {
  let scene: FailureScene
  let database: string
  const ports: number[] = []

  const another = async (): Promise<void> => {
    const port = await scene.connect()
    await scene.found(port)
    ports.push(port)
  }
  const said = (words: string): Promise<unknown> =>
    waitFor(() => scene.events('degraded').find(({ reason }) => reason.includes(words)), {
      what: () => `it says "${words}" (${JSON.stringify(scene.events('degraded'))})`,
      deadlineMs: 20_000,
    })
  const portsOf = (findings: Report['findings']): number[] =>
    findings.map(({ destination }) => destination?.port ?? 0).sort((a, b) => a - b)
  const foundPorts = async (): Promise<number[]> => portsOf((await scene.report()).findings)

  beforeAll(async () => {
    scene = await failureScene()
    database = `${scene.home.stateFolder}/watch.db`
    await another()
  })
  afterAll(async () => {
    await scene?.end()
  })

  it('is put back when it is deleted: nothing that was committed is lost', async () => {
    await scene.asRoot('rm', database)
    await said('taken away')
    await another()
    expect(await foundPorts()).toEqual(ports)
  })

  it('is put back when another file takes its place, which is kept', async () => {
    const other = `${scene.home.stateFolder}/other`
    await scene.asRoot('sh', '-c', `echo 'no database' > ${other}; mv ${other} ${database}`)
    await said('replaced')
    await another()
    expect(await foundPorts()).toEqual(ports)
    expect(await scene.asRoot('sh', '-c', `cat ${database}.stranger-*Z`)).toBe('no database\n')
  })

  it('is put back with the whole state folder, which stays this daemon’s own', async () => {
    const { lab, home, watcher } = scene
    const told = scene.events('degraded').length
    await scene.asRoot('rm', '-r', home.stateFolder)
    await waitFor(() => scene.events('degraded').length > told, {
      what: 'it is told',
      deadlineMs: 20_000,
    })
    await another()
    expect(await foundPorts()).toEqual(ports)
    const second = await mcpWatch(lab, home, 'start')
    expect([second.code, second.stderr]).toEqual([
      3,
      expect.stringContaining(`pid ${watcher.process.pid}`),
    ])
    expect(await scene.asRoot('cat', `${home.stateFolder}/daemon.json`)).toContain('"socket"')
  })

  it('is set aside when it is overwritten, and the new one knows every finding', async () => {
    await scene.asRoot('dd', 'if=/dev/urandom', `of=${database}`, 'bs=4096', 'count=20')
    await said('damaged')
    await another()
    const { findings, servers, coverage } = await scene.report()
    expect(portsOf(findings)).toEqual(ports)
    expect(servers.find(({ name }) => name === 'rogue')?.instances).toHaveLength(1)
    expect(coverage.gaps.map(({ reason }) => reason)).toContain('not-stored')
    expect(integrity(scene.home)).toBe('ok')
  })

  it('said each of that once, and the next daemon repeats nothing', async () => {
    expect(scene.events('degraded')).toHaveLength(4)
    await scene.watcher.process.signal('SIGKILL')
    await scene.watcher.process.exited(5_000)
    const shown = scene.desktop.shown.length
    await scene.start()
    await another()
    expect(scene.events('finding')).toHaveLength(ports.length)
    expect(scene.desktop.shown).toHaveLength(shown + 1)
    expect(await foundPorts()).toEqual(ports)
    expect(integrity(scene.home)).toBe('ok')
  })
})
