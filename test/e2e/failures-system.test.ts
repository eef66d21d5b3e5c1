/** A system that does not let the daemon look: /proc that hides or is gone, no file that can be opened any more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type FailureScene,
  failureObstacle,
  failureScene,
  titled,
} from '../helpers/failure-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch } from '../helpers/watcher.ts'

describe.skipIf(failureObstacle() !== null)(titled('a system that does not let it look'), () => {
  let scene: FailureScene

  beforeAll(async () => {
    scene = await failureScene({}, async ({ asRoot }) => {
      await asRoot('mount', '-o', 'remount,hidepid=2', '/proc')
    })
    await scene.found(await scene.connect())
  })
  afterAll(async () => {
    await scene?.end()
  })

  /** What is done to it is told once, ends no server, and what happened meanwhile is found when it is undone. */
  const survives = async (
    make: () => Promise<unknown>,
    undo: () => Promise<unknown>,
    words: RegExp,
  ): Promise<void> => {
    const before = scene.events('degraded').length
    const recovered = scene.events('recovered').length
    await make()
    await waitFor(() => scene.events('degraded').length > before, {
      what: 'it is told',
      deadlineMs: 20_000,
    })
    const port = await scene.connect()
    const since = Date.now()
    await waitFor(() => Date.now() - since > 6_000, { what: 'a while', deadlineMs: 20_000 })
    await undo()
    await scene.found(port)
    const told = scene.events('degraded').slice(before)
    expect(told.map(({ reason }) => reason)).toEqual([expect.stringMatching(words)])
    expect(scene.events('recovered')).toHaveLength(recovered + 1)
    expect(scene.events('instance-ended')).toEqual([])
    expect(scene.events('connection-closed')).toEqual([])
    // Another engine may have been tried meanwhile, which is a gap of its own.
    const { gaps } = (await scene.report()).coverage
    const failed = gaps.filter(({ reason }) => reason === 'failed-sample')
    expect(failed.some(({ to }) => Date.parse(to) >= since)).toBe(true)
  }

  it('/proc that hides other users (hidepid): the own servers are watched, and doctor says it', async () => {
    const { lab, home } = scene
    const { stdout } = await mcpWatch(lab, home, 'doctor')
    expect(stdout).toContain('hidepid')
    expect(scene.events('finding')).toHaveLength(1)
  })

  it('/proc that is gone: no server is taken for ended', async () => {
    await survives(
      async () => await scene.asRoot('mount', '-t', 'tmpfs', 'tmpfs', '/proc'),
      async () => await scene.asRoot('umount', '/proc'),
      /processes of this machine cannot be listed/,
    )
  })

  it('no file can be opened: nothing is taken for gone', async () => {
    const pid = `${scene.watcher.process.pid}`
    await survives(
      async () => await scene.asRoot('prlimit', '--pid', pid, '--nofile=12:'),
      async () => await scene.asRoot('prlimit', '--pid', pid, '--nofile=1024:'),
      /no more files can be opened/,
    )
  })

  it('says each trouble once in its log, too', async () => {
    const log = await scene.asRoot('cat', `${scene.home.stateFolder}/log`)
    expect(log.match(/a sample failed/g)).toHaveLength(2)
  })
})
