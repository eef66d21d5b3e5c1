/** What the observed program pays: a connection that ends at once, with the daemon and without, one after the other. */
import { percentile } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { ON_LOOPBACK, serverOf } from '../exact/kinds.ts'
import { type Load, startLoad } from '../exact/load.ts'
import { openStage } from '../exact/stage.ts'
import type { SceneBrief, SceneResult } from '../model.ts'

const RUNS = 7
const LAPS = { tcp: 4_000, udp: 12_000 } as const
/** So many times in each run: what else the machine does comes in bursts. */
const PORTIONS = 5
const KINDS = ['tcp', 'udp'] as const
type What = (typeof KINDS)[number]
const BARS_US: Readonly<Record<What, number>> = { tcp: 8, udp: 1.5 }
const LIMIT_MS = 60_000

export async function exactLaps(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const loads = {
    tcp: await startLoad(brief.program, ['laps', 'tcp', '127.0.0.1']),
    udp: await startLoad(brief.program, ['laps', 'udp', '127.0.0.1']),
  }
  const times: Record<What, { with: number[]; without: number[] }> = {
    tcp: { with: [], without: [] },
    udp: { with: [], without: [] },
  }
  try {
    for (let run = 0; run < RUNS; run += 1) {
      for (const what of KINDS) times[what].without.push(await runUs(loads[what], what))
      const stage = await quietStage(brief, place)
      for (const what of KINDS) times[what].with.push(await runUs(loads[what], what))
      await stage.end()
    }
  } finally {
    await loads.tcp.stop()
    await loads.udp.stop()
  }
  return { figures: KINDS.map((what) => figureOf(what, times[what])) }
}

async function quietStage(brief: SceneBrief, place: Place): Promise<{ end(): Promise<void> }> {
  const plan = { ...ON_LOOPBACK, kind: 'tcp-1ms', count: 1, pauseMs: 1 }
  const servers = new Map([['sleeper', serverOf(brief.program, 'sleeper', plan)]])
  const engine = brief.engine ?? 'bpf'
  return await openStage(brief, place, { engine, servers, aim: ON_LOOPBACK })
}

/** The median of its portions. */
async function runUs(load: Load, what: What): Promise<number> {
  const portions: number[] = []
  while (portions.length < PORTIONS) portions.push(await lapUs(load, what))
  return percentile(portions, 0.5)
}

async function lapUs(load: Load, what: What): Promise<number> {
  const told = (): readonly string[] => load.lines().filter((line) => line.startsWith('lap '))
  const before = told().length
  load.write(String(LAPS[what]))
  // A part of its last line may have come: only whole ones count.
  const until = performance.now() + LIMIT_MS
  while (told().length === before || load.lines().at(-1) !== '') {
    if (performance.now() > until) throw new Error('the laps took too long')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return Number(told().at(-1)?.split(' ')[1]) / 1_000
}

function figureOf(
  what: What,
  times: { readonly with: number[]; readonly without: number[] },
): Figure {
  const middle = { with: percentile(times.with, 0.5), without: percentile(times.without, 0.5) }
  const least = { with: Math.min(...times.with), without: Math.min(...times.without) }
  return {
    name: `${what.toUpperCase()} connect and close on loopback pays`,
    value: middle.with - middle.without,
    unit: 'µs',
    note: `medians of ${RUNS} runs by turns: ${middle.without.toFixed(1)} without, ${middle.with.toFixed(1)} with; fastest ${least.without.toFixed(1)} and ${least.with.toFixed(1)}`,
    atMost: BARS_US[what],
  }
}
