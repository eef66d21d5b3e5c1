/** The usual course of a part: servers, the daemon that knows them, the plans, and what was recorded of them. */
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../cost.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import type { Place } from '../place.ts'
import { waitUntil } from '../wait.ts'
import { type Archive, archiveOf, matchUp } from './archive.ts'
import type { SceneBrief, ServerPlan } from './model.ts'
import { startServers } from './servers.ts'

const KNOWN_MS = 20_000
/** Until the engine's own start has passed, and the servers have gone quiet. */
const QUIET_MS = 3_000
/** What ends last has to be noticed and committed too. */
const AFTERWARDS_MS = 4_000

export interface Watched {
  readonly pairs: ReturnType<typeof matchUp>
  readonly archive: Archive
  /** Processor share of the daemon while the plans were carried out, in percent of one core. */
  readonly cpuPercent: number
}

/** The daemon ends before this resolves; `home` stays. */
export async function watchPlans(
  brief: SceneBrief,
  place: Place,
  plans: readonly ServerPlan[],
): Promise<Watched> {
  const servers = await startServers(place.home, brief.program, plans)
  try {
    const daemon = await daemonThatKnows(brief, place, plans.length)
    try {
      const before = { cpu: cpuMs(daemon.pid), at: performance.now() }
      const made = await servers.go()
      const elapsed = performance.now() - before.at
      const cpuPercent = ((cpuMs(daemon.pid) - before.cpu) / elapsed) * 100
      await delay(AFTERWARDS_MS)
      const archive = archiveOf(place.home)
      return { pairs: matchUp(made, archive.recorded()), archive, cpuPercent }
    } finally {
      await daemon.stop()
    }
  } finally {
    await servers.stop()
  }
}

/** A daemon that has found so many running servers, and then some quiet. */
export async function daemonThatKnows(
  brief: SceneBrief,
  { home, mainPath }: Place,
  servers: number,
): Promise<Daemon> {
  const through = ['setpriv', '--pdeathsig', 'KILL']
  const daemon = await startDaemon({
    home,
    mainPath,
    engine: brief.engine,
    asService: true,
    through,
  })
  const archive = archiveOf(home)
  await waitUntil(() => archive.runningInstances() >= servers, 'the servers are known', KNOWN_MS)
  await delay(QUIET_MS)
  return daemon
}
