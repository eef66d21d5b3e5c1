/** Resident memory of the daemon under the heavy load, with two thousand destinations in its database. */
import { setTimeout as delay } from 'node:timers/promises'
import { percentile, residentMib } from './cost.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'
import { createWorkload, type Workload } from './workload.ts'

const BAR_MIB = { 20: 90, 22: 100, 24: 100 } as const
const CHURN_MS = 450
const WARM_UP_MS = 15_000
/** What the last fifth may have more than the first one: garbage that waits to be collected, not growth. */
const GROWTH_MIB = 4

export async function measureMemory(
  place: Place,
  minutes: number,
  asService: boolean,
): Promise<readonly Figure[]> {
  const { source, home, mainPath } = place
  const workload = await createWorkload(source, home)
  await workload.startCrowd()
  const first = await startDaemon({ home, mainPath, engine: 'ss', asService })
  const destinations = await fill(workload, first)
  const servers = await workload.startServers({ churnMs: CHURN_MS, tour: false })
  // The first one would keep what the many connections left behind; a start with a full database is the usual case.
  await first.stop()
  const daemon = await startDaemon({ home, mainPath, engine: 'ss', asService })
  await delay(WARM_UP_MS)
  const samples: number[] = []
  for (const until = performance.now() + minutes * 60_000; performance.now() < until; ) {
    samples.push(residentMib(daemon.pid))
    await delay(1_000)
  }
  await daemon.stop()
  await servers.stop()
  await workload.stop()
  return figuresOf(samples, destinations, minutes, asService)
}

/** The servers visit their destinations and end; answers how many the report has. */
async function fill(workload: Workload, daemon: Daemon): Promise<number> {
  const visitors = await workload.startServers({ churnMs: 0, tour: true })
  await delay(5_000)
  await visitors.stop()
  const { rows } = (await daemon.get('/api/v1/destinations?limit=1')) as { rows?: unknown[] }
  const { servers } = (await daemon.get('/api/v1/report?since=1h')) as {
    servers?: { destinations?: unknown[]; destinationCount?: number }[]
  }
  return (
    servers?.reduce((sum, each) => sum + (each.destinations?.length ?? 0), 0) ?? rows?.length ?? 0
  )
}

function figuresOf(
  samples: readonly number[],
  destinations: number,
  minutes: number,
  asService: boolean,
): readonly Figure[] {
  const major = Number(process.versions.node.split('.')[0])
  const bar = BAR_MIB[major as keyof typeof BAR_MIB] ?? BAR_MIB[24]
  const fifth = Math.max(1, Math.floor(samples.length / 5))
  const [early, late] = [samples.slice(0, fifth), samples.slice(-fifth)]
  const middle = percentile(samples, 0.5).toFixed(1)
  const top = Math.max(...samples).toFixed(1)
  const how = `${minutes} min on Node ${major}, ${asService ? 'as a service' : 'in a terminal'}`
  return [
    {
      name: 'resident memory, p95',
      value: percentile(samples, 0.95),
      unit: 'MiB',
      note: `${how}; median ${middle}, highest ${top}; ${destinations} destinations`,
      atMost: bar,
    },
    {
      name: 'growth',
      value: percentile(late, 0.5) - percentile(early, 0.5),
      unit: 'MiB',
      note: 'median of the last fifth of the time less that of the first',
      atMost: GROWTH_MIB,
    },
  ]
}
