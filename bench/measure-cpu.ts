/** Processor time of a whole tick beside one run of a plain tool, on the same machine in the same minute. */
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs, toolCpuMs } from './cost.ts'
import { startDaemon } from './daemon.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'
import { createWorkload } from './workload.ts'

/** The watched server that reconnects makes the descriptors of all hundred sockets be read again in each tick. */
const CHURN_MS = 450
const WARM_UP_MS = 8_000
const TOOL_RUNS = 20

const TOOLS = { ss: ['-tunap'], lsof: ['-nP', '-i'] } as const

/** A tool that is started costs as much as a whole look at a quiet machine: the bars are for a busy one. */
const BARS = {
  ss: { quiet: null, heavy: 0.5 },
  lsof: { quiet: null, heavy: 0.5 },
} as const

export async function measureCpu(place: Place, seconds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const workload = await createWorkload(place.source, place.home)
  try {
    for (const load of ['quiet', 'heavy'] as const) {
      const crowd = load === 'heavy' ? await workload.startCrowd() : null
      for (const engine of ['ss', 'lsof'] as const) {
        for (const churnMs of [0, CHURN_MS]) {
          const servers = await workload.startServers({ churnMs, tour: false })
          const tick = await tickCpuMs(place, engine, seconds)
          const tool = toolCpuMs(engine, TOOLS[engine], TOOL_RUNS)
          await servers.stop()
          const name = `${load}, ${churnMs > 0 ? 'a new socket in each tick' : 'nothing changes'}`
          const ratio = { name: `${engine}: ${name}`, value: tick / tool, unit: 'of the tool' }
          const note = `${tick.toFixed(1)} ms a tick, ${engine} ${TOOLS[engine].join(' ')} ${tool.toFixed(1)} ms`
          figures.push({ ...ratio, note, atMost: BARS[engine][load] })
        }
      }
      await crowd?.stop()
    }
  } finally {
    await workload.stop()
  }
  return figures
}

async function tickCpuMs(
  { home, mainPath }: Place,
  engine: 'ss' | 'lsof',
  seconds: number,
): Promise<number> {
  const daemon = await startDaemon({ home, mainPath, engine, asService: true })
  try {
    await delay(WARM_UP_MS)
    const before = { cpu: cpuMs(daemon.pid), at: performance.now() }
    await delay(seconds * 1_000)
    const spent = cpuMs(daemon.pid) - before.cpu
    const elapsed = performance.now() - before.at
    const { engine: used } = (await daemon.get('/api/v1/status')) as {
      engine: { intervalMs: number }
    }
    return spent / (elapsed / used.intervalMs)
  } finally {
    await daemon.stop()
  }
}
