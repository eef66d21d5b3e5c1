/** What one sample costs, with its owners, beside plain tools of the same minute; and how that grows with sockets. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createBreathe } from '../../../daemon/capture/descriptors.ts'
import { createHeldReader } from '../../../daemon/capture/held.ts'
import { createLsofEngine } from '../../../daemon/capture/lsof/engine.ts'
import { findTool, runTool } from '../../../daemon/capture/run-tool.ts'
import { openSpace } from '../../../daemon/capture/sock-diag/open-space.ts'
import { createSsEngine } from '../../../daemon/capture/ss/engine.ts'
import { loadNative } from '../../../daemon/native/load.ts'
import type { Clock } from '../../../daemon/ports.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { ToolName, WatchedProcess } from '../../../shared/model/observation.ts'
import { cpuMs, toolCpuMs } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { createWorkload } from '../../workload.ts'
import type { SceneBrief, SceneResult } from '../model.ts'

const LOADS = ['quiet', 'heavy'] as const
type Load = (typeof LOADS)[number]

/** The part of `ss -tunap` that a sample may cost. */
const BARS: Readonly<Record<Load, number>> = { quiet: 1 / 4, heavy: 1 / 15 }
const MORE_SOCKETS_MS = 12
const SAMPLES = 100
const PAUSE_MS = 20
const TOOL_RUNS = 10
const TOOL_SAMPLES_MS = 6_000
const TOOL_INTERVAL_MS = 300

const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

export async function cost(_brief: SceneBrief, place: Place): Promise<SceneResult> {
  const workload = await createWorkload(place.source, place.home)
  const servers = await workload.startServers({ churnMs: 0, tour: false })
  const figures: Figure[] = []
  const warm: number[] = []
  try {
    for (const load of LOADS) {
      const crowd = load === 'heavy' ? await workload.startCrowd() : null
      const watched = serversOf()
      const sample = await sockDiagMs(watched)
      warm.push(sample.warm)
      const ss = toolCpuMs('ss', ['-tunap'], TOOL_RUNS)
      const lsof = findTool('lsof') === null ? null : toolCpuMs('lsof', ['-nP', '-i'], TOOL_RUNS)
      figures.push(ratioFigure(load, sample.warm, ss, lsof), ...plainFigures(load, sample))
      for (const name of ['ss', 'lsof'] as const) {
        const spent = await toolEngineMs(name, watched)
        if (spent !== null) figures.push(plain(`${load}: a sample of the engine ${name}`, spent))
      }
      await crowd?.stop()
    }
  } finally {
    await servers.stop()
    await workload.stop()
  }
  const more = (warm[1] ?? 0) - (warm[0] ?? 0)
  const name = '5,000 sockets of others more, a sample'
  return { figures: [...figures, { ...plain(name, more), atMost: MORE_SOCKETS_MS }] }
}

function ratioFigure(load: Load, own: number, ss: number, lsof: number | null): Figure {
  const beside = lsof === null ? 'no lsof here' : `lsof -nP -i ${lsof.toFixed(1)} ms`
  const note = `${own.toFixed(2)} ms; ss -tunap ${ss.toFixed(1)} ms, ${beside}`
  const name = `${load}: a sample of sock-diag with owners known`
  return { name, value: own / ss, unit: 'of ss -tunap', note, atMost: BARS[load] }
}

function plainFigures(load: Load, sample: SampleCost): readonly Figure[] {
  return [
    plain(`${load}: the first sample, all descriptors read`, sample.first),
    plain(`${load}: reading all descriptors of the watched`, sample.owners),
  ]
}

function plain(name: string, value: number): Figure {
  return { name, value, unit: 'ms', note: '', atMost: null }
}

interface SampleCost {
  readonly first: number
  /** With everything known. */
  readonly warm: number
  readonly owners: number
}

async function sockDiagMs(watched: readonly WatchedProcess[]): Promise<SampleCost> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(`sock-diag cannot be used: ${loaded.reason}`)
  const space = openSpace(loaded.native, '/proc')
  const held = createHeldReader(
    '/proc',
    createBreathe(() => clock.monotonicMs()),
  )
  const sample = async (): Promise<void> => {
    space.dump({ at: clock.wallMs(), suspected: true })
    while (space.ledger.unresolved().size > 0) {
      space.ledger.resolve((await held.read(watched, false)).held)
    }
  }
  try {
    const first = await ownCpuMs(1, sample)
    await ownCpuMs(SAMPLES / 5, sample)
    const warm = await ownCpuMs(SAMPLES, sample)
    const owners = await ownCpuMs(SAMPLES / 5, async () => void (await held.read(watched, false)))
    return { first, warm, owners }
  } finally {
    space.close()
  }
}

/** Processor time of one of so many, with pauses between them as in use. The pauses' own cost is in it. */
async function ownCpuMs(times: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let run = 0; run < times; run += 1) {
    await work()
    if (times > 1) await delay(PAUSE_MS)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / times
}

/** With the tool that it runs; null where that is missing. */
async function toolEngineMs(
  name: ToolName,
  watched: readonly WatchedProcess[],
): Promise<number | null> {
  const tool = findTool(name)
  if (tool === null) return null
  const deps = { tool, runTool, clock, intervalMs: TOOL_INTERVAL_MS }
  const engine =
    name === 'ss' ? createSsEngine(deps) : createLsofEngine({ ...deps, platform: 'linux' })
  engine.watch(watched)
  let batches = 0
  const before = cpuMs('self')
  engine.start({
    prepare: async () => await Promise.resolve(),
    accept: () => {
      batches += 1
    },
    fail: (error) => {
      throw error
    },
  })
  await delay(TOOL_SAMPLES_MS)
  await engine.stop()
  return (cpuMs('self') - before) / batches
}

/** The servers of ../workload.ts, by their arguments. */
function serversOf(): readonly WatchedProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const servers = pids.filter((pid) => argumentsOf(pid)[1] === 'server')
  return servers.map((pid) => {
    const key = `bench:${pid}:0:0` as ProcessKey
    return { key, pid: Number(pid), netns: readlinkSync(`/proc/${pid}/ns/net`), kind: 'member' }
  })
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
