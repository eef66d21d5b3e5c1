/** What the daemon makes of other programs: their connections, their processes; and of nothing at all. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { waitUntil } from '../../wait.ts'
import { createWorkload } from '../../workload.ts'
import { archiveOf } from '../archive.ts'
import type { SceneBrief, SceneResult, ServerPlan } from '../model.ts'
import { startServers } from '../servers.ts'
import { daemonThatKnows } from '../watched.ts'

const SERVERS = 20
const MINUTE_S = 60
const FOREIGN_RATE = 50
const STORM_RATE = 1_000
const STORM_S = 15
const SETTLE_MS = 20_000
const AFTERWARDS_MS = 4_000

/** Twenty servers that do nothing. */
const SLEEPERS: readonly ServerPlan[] = Array.from({ length: SERVERS }, (_, i) => {
  return { name: `s${i}`, program: 'c', busy: false, attempts: [] }
})

export async function foreign(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const { address, port } = brief.far
  const args = ['foreign', String(FOREIGN_RATE), String(MINUTE_S), address, String(port)]
  const { cpuPercent, archive } = await beside(brief, place, args, 'done foreign')
  const { owned, foreign: counted, unknown } = archive.counts()
  const recorded = archive.recorded().length
  const none = { unit: '', note: '', atMost: 0 }
  return {
    figures: [
      { ...none, name: 'findings from foreign connections', value: archive.findings() },
      { ...none, name: 'foreign connections recorded', value: recorded },
      {
        ...none,
        name: 'closes of unknown owner',
        value: unknown,
        note: `${owned} owned, ${counted} foreign, of ${FOREIGN_RATE * MINUTE_S} made`,
      },
      cpuFigureOf('50 foreign connections/s', cpuPercent, null),
    ],
  }
}

export async function storm(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const args = ['storm', String(STORM_RATE), String(STORM_S)]
  const { cpuPercent, archive, said } = await beside(brief, place, args, 'done storm')
  const [, made = 0, ns = 1] = (/^storm (\d+) (\d+)$/m.exec(said) ?? []).map(Number)
  const rate = Math.round(made / (ns / 1e9))
  const figure = cpuFigureOf(`${rate} fork+exec/s of others`, cpuPercent, 8)
  const gaps = archive.gaps()
  return {
    figures: [{ ...figure, note: gaps.length === 0 ? 'no gap' : `gaps: ${gaps.join(', ')}` }],
  }
}

/** Servers with descriptors and sockets that stay open, as those of ../workload.ts are. */
export async function idle(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const workload = await createWorkload(place.source, place.home)
  const servers = await workload.startServers({ churnMs: 0, tour: false })
  try {
    const daemon = await daemonThatKnows(brief, place, SERVERS)
    try {
      await delay(AFTERWARDS_MS)
      const cpuPercent = await shareOf(daemon.pid, () => delay(MINUTE_S * 1_000))
      return { figures: [cpuFigureOf('20 idle servers, a minute', cpuPercent, 1)] }
    } finally {
      await daemon.stop()
    }
  } finally {
    await servers.stop()
    await workload.stop()
  }
}

interface Beside {
  readonly cpuPercent: number
  readonly archive: ReturnType<typeof archiveOf>
  readonly said: string
}

/** Runs another mode of the workload beside twenty idle servers and their daemon. */
async function beside(
  brief: SceneBrief,
  place: Place,
  args: readonly string[],
  end: string,
): Promise<Beside> {
  const servers = await startServers(place.home, brief.program, SLEEPERS)
  try {
    const daemon = await daemonThatKnows(brief, place, SERVERS)
    let said = ''
    const other = spawn(brief.program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    other.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    try {
      const isDone = (): boolean => said.includes(end) || other.exitCode !== null
      const limitMs = MINUTE_S * 1_500
      const cpuPercent = await shareOf(daemon.pid, () => waitUntil(isDone, end, limitMs))
      await delay(AFTERWARDS_MS)
      return { cpuPercent, archive: archiveOf(place.home), said }
    } finally {
      await endOf(other)
      await daemon.stop()
    }
  } finally {
    await servers.stop()
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  await waitUntil(() => child.exitCode !== null, 'it ends', SETTLE_MS)
}

async function shareOf(pid: number, during: () => Promise<unknown>): Promise<number> {
  const before = { cpu: cpuMs(pid), at: performance.now() }
  await during()
  return ((cpuMs(pid) - before.cpu) / (performance.now() - before.at)) * 100
}

function cpuFigureOf(what: string, value: number, atMost: number | null): Figure {
  return { name: `processor of the daemon: ${what}`, value, unit: '%', note: '', atMost }
}
