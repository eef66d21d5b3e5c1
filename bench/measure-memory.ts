/** Resident memory of the daemon under the heavy load, with two thousand destinations in its database. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '../daemon/store/schema.ts'
import type { EngineName } from '../shared/model/observation.ts'
import { percentile, residentMib } from './cost.ts'
import { startDaemon } from './daemon.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'
import { createWorkload, type Workload } from './workload.ts'

const BAR_MIB = { 20: 90, 22: 100, 24: 100 } as const
const CHURN_MS = 450
const WARM_UP_MS = 15_000
/** TCP_TIMEWAIT_LEN of Linux: what the visits left behind is no part of the load. */
const TIME_WAIT_MS = 61_000
/** What the last fifth may have more than the first one: garbage that waits to be collected, not growth. */
const GROWTH_MIB = 4

export interface MemoryOptions {
  readonly minutes: number
  /** With Node's flags of a service. */
  readonly asService: boolean
  /** Null leaves the choice to the daemon. */
  readonly engine: EngineName | null
}

export async function measureMemory(
  place: Place,
  options: MemoryOptions,
): Promise<readonly Figure[]> {
  const { source, home, mainPath } = place
  const { minutes, asService, engine } = options
  const workload = await createWorkload(source, home)
  await workload.startCrowd()
  const first = await startDaemon({ home, mainPath, engine, asService })
  await fill(workload)
  const servers = await workload.startServers({ churnMs: CHURN_MS, tour: false })
  // The first one would keep what the many connections left behind; a start with a full database is the usual case.
  await first.stop()
  const destinations = countDestinations(home)
  await delay(TIME_WAIT_MS)
  const daemon = await startDaemon({ home, mainPath, engine, asService })
  await delay(WARM_UP_MS)
  const samples: number[] = []
  for (const until = performance.now() + minutes * 60_000; performance.now() < until; ) {
    samples.push(residentMib(daemon.pid))
    await delay(1_000)
  }
  await daemon.stop()
  await servers.stop()
  await workload.stop()
  return figuresOf(samples, destinations, options)
}

/** The servers visit their destinations, and end. */
async function fill(workload: Workload): Promise<void> {
  const visitors = await workload.startServers({ churnMs: 0, tour: true })
  await delay(5_000)
  await visitors.stop()
}

function countDestinations(home: string): number {
  const path = join(home, '.local/state/mcp-watch', DATABASE_FILE)
  const db = new Database(path, { readonly: true })
  const count = db.prepare<[], number>('SELECT count(*) FROM destination').pluck().get()
  db.close()
  return count ?? 0
}

function figuresOf(
  samples: readonly number[],
  destinations: number,
  { minutes, asService, engine }: MemoryOptions,
): readonly Figure[] {
  const major = Number(process.versions.node.split('.')[0])
  const bar = BAR_MIB[major as keyof typeof BAR_MIB] ?? BAR_MIB[24]
  const fifth = Math.max(1, Math.floor(samples.length / 5))
  const [early, late] = [samples.slice(0, fifth), samples.slice(-fifth)]
  const middle = percentile(samples, 0.5).toFixed(1)
  const top = Math.max(...samples).toFixed(1)
  const way = asService ? 'as a service' : 'in a terminal'
  const how = `${minutes} min on Node ${major}, ${way}, engine ${engine ?? 'of its choice'}`
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
