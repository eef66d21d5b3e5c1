/** Clocks that are set, a machine that sleeps, a daemon that is stopped for a minute. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type FailureScene,
  failureObstacle,
  failureScene,
  integrity,
  titled,
} from '../helpers/failure-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const STOPPED_MS = 60_000

describe.skipIf(failureObstacle() !== null)(titled('time'), () => {
  let scene: FailureScene
  const ports: number[] = []
  const off = { wall: 0, monotonic: 0, boot: 0 }

  const move = (by: Partial<typeof off>): void => {
    for (const clock of ['wall', 'monotonic', 'boot'] as const) off[clock] += by[clock] ?? 0
    scene.home.write('clock.json', JSON.stringify(off))
  }
  const another = async (): Promise<void> => {
    const port = await scene.connect()
    await scene.found(port)
    ports.push(port)
  }
  /** The gap events that came of it. */
  const gapsOf = async (
    what: () => void | Promise<void>,
  ): Promise<{ reason: string; ms: number }[]> => {
    const before = scene.events('gap').length
    await what()
    await waitFor(() => scene.events('gap').length > before, { what: 'a gap', deadlineMs: 30_000 })
    await another()
    return scene
      .events('gap')
      .slice(before)
      .map(({ reason, time }) => {
        const [code = '', since = ''] = reason.split(' since ')
        return { reason: code, ms: Date.parse(time) - Date.parse(since) }
      })
  }

  beforeAll(async () => {
    const clock = join(import.meta.dirname, '../helpers/moved-clock.mjs')
    scene = await failureScene({
      env: (home) => ({
        NODE_OPTIONS: `--import=${clock}`,
        TEST_CLOCK_FILE: home.join('clock.json'),
      }),
    })
    await another()
  })
  afterAll(async () => {
    await scene?.end()
  })

  it('a clock that is set back by an hour is told, and findings go on being told', async () => {
    const [gap, ...others] = await gapsOf(() => move({ wall: -HOUR_MS }))
    expect([gap?.reason, others]).toEqual(['clock-set', []])
  })

  it('a clock that is set forward by a day is no sleep', async () => {
    const [gap, ...others] = await gapsOf(() => move({ wall: DAY_MS }))
    expect([gap?.reason, others]).toEqual(['clock-set', []])
    expect(gap?.ms).toBeGreaterThan(DAY_MS - 5_000)
  })

  it('a machine that was suspended for an hour was asleep', async () => {
    const [gap, ...others] = await gapsOf(() => move({ wall: HOUR_MS, boot: HOUR_MS }))
    expect([gap?.reason, others]).toEqual(['sleep', []])
  })

  it('a daemon that was stopped for a minute says so, and has lost nothing', async () => {
    const { process } = scene.watcher
    const [gap] = await gapsOf(async () => {
      await process.signal('SIGSTOP')
      const since = Date.now()
      await waitFor(() => Date.now() - since >= STOPPED_MS, {
        what: 'a minute',
        deadlineMs: 2 * STOPPED_MS,
        everyMs: 500,
      })
      await process.signal('SIGCONT')
    })
    expect(['stalled', 'failed-sample']).toContain(gap?.reason)
    expect(gap?.ms).toBeGreaterThanOrEqual(STOPPED_MS - 2_000)
    expect(scene.events('instance-ended')).toEqual([])
  })

  it('every finding was told once, and each is in the database', async () => {
    expect(scene.events('finding').map(({ finding }) => finding.destination?.port)).toEqual(ports)
    expect(scene.desktop.shown).toHaveLength(ports.length)
    const { body } = await scene.get('findings?since=30d')
    for (const port of ports) expect(body).toContain(`"port":${port}`)
    expect(integrity(scene.home)).toBe('ok')
  })
})
