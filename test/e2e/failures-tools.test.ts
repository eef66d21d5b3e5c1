/** The tool that lists sockets is gone, hangs, talks nonsense or is killed: real programs in its place. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import {
  type FailureScene,
  failureObstacle,
  failureScene,
  mountTool,
  titled,
} from '../helpers/failure-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch } from '../helpers/watcher.ts'

/** Pauses shorter than this are no gaps (three intervals, lsof has two seconds), and nobody calls the daemon blind. */
const BLIND_AFTER_MS = 7_000

const TROUBLES = [
  ['is gone', '#!/nowhere/at/all\n', /is not there/],
  ['hangs', '#!/bin/sh\nexec sleep 1000\n', /did not answer/],
  ['talks nonsense', '#!/bin/sh\nhead -c 200000 /dev/urandom\n', /nothing that can be used/],
  ['is killed', '#!/bin/sh\nkill -KILL $$\n', /signal SIGKILL/],
] as const

describe.skipIf(failureObstacle() !== null).each(['ss', 'lsof'] as const)(titled('%s'), (tool) => {
  const path = findTool(tool)
  let scene: FailureScene
  let become: (script: string | null) => void

  beforeAll(async () => {
    if (path === null) return
    scene = await failureScene({ args: ['--engine', tool] }, async (parts) => {
      become = await mountTool(parts, path)
    })
    await scene.found(await scene.connect())
  })
  afterAll(async () => {
    await scene?.end()
  })

  it.skipIf(path === null).each(TROUBLES)(
    '%s: it is told once, and what is there when it works again is found',
    async (_, script, words) => {
      const before = {
        degraded: scene.events('degraded').length,
        recovered: scene.events('recovered').length,
        ended: scene.events('instance-ended').length,
        gapsMs: await gapsMs(scene),
      }
      become(script)
      await waitFor(() => scene.events('degraded').length > before.degraded, {
        what: 'it is told',
        deadlineMs: 20_000,
      })
      const since = Date.now()
      const port = await scene.connect()
      await waitFor(() => Date.now() - since > BLIND_AFTER_MS + 1_500, {
        what: 'long enough to be blind',
        deadlineMs: 30_000,
      })
      expect((await scene.health()).status).toBe('not-watching')
      await gapsMs(scene)
      become(null)
      await scene.found(port)
      expect(scene.events('recovered')).toHaveLength(before.recovered + 1)
      const told = scene.events('degraded').slice(before.degraded)
      expect(told.map(({ reason }) => reason)).toEqual([expect.stringMatching(words)])
      expect(scene.events('instance-ended')).toHaveLength(before.ended)
      expect((await scene.health()).status).toBe('ok')
      expect((await gapsMs(scene)) - before.gapsMs).toBeGreaterThan(BLIND_AFTER_MS)
    },
  )
})

/** Two gaps with a single look between them are one row. */
async function gapsMs(scene: FailureScene): Promise<number> {
  const { gaps } = (await scene.report()).coverage
  expect(gaps.filter(({ reason }) => reason !== 'failed-sample')).toEqual([])
  return gaps.reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), 0)
}

describe.skipIf(failureObstacle() !== null)(titled('at the start'), () => {
  it.skipIf(findTool('ss') === null)(
    'without ss it looks by another way, and says what to install where ss was asked for',
    async () => {
      const scene = await failureScene({}, async ({ home, asRoot }) => {
        await asRoot('mount', '--bind', home.write('nothing', ''), findTool('ss') ?? 'ss')
      })
      try {
        await scene.found(await scene.connect())
        expect(scene.events('started')[0]?.engine).not.toBe('ss')
        await scene.watcher.process.signal('SIGTERM')
        await scene.watcher.process.exited(10_000)
        const { code, stderr } = await mcpWatch(scene.lab, scene.home, 'start', '--engine', 'ss')
        expect([code, stderr]).toEqual([4, expect.stringContaining('Install the package iproute2')])
      } finally {
        await scene.end()
      }
    },
  )
})
