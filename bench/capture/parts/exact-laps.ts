/** What the observed program pays: a connection that ends at once, with the daemon and without, one after the other. */
import { percentile } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { waitUntil } from '../../wait.ts'
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
  const times: Record<What, { with: Lap[]; without: Lap[] }> = {
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

/** In µs. `cpu`: what of it was on the processor; the rest is what other programs took. */
interface Lap {
  readonly wall: number
  readonly cpu: number
}

/** The medians of its portions. */
async function runUs(load: Load, what: What): Promise<Lap> {
  const portions: Lap[] = []
  while (portions.length < PORTIONS) portions.push(await lapUs(load, what))
  return { wall: middleOf(portions, 'wall'), cpu: middleOf(portions, 'cpu') }
}

async function lapUs(load: Load, what: What): Promise<Lap> {
  const told = (): readonly string[] => load.lines().filter((line) => line.startsWith('lap '))
  const before = told().length
  load.write(String(LAPS[what]))
  // A part of its last line may have come: only whole ones count.
  const isTold = (): boolean => told().length > before && load.lines().at(-1) === ''
  await waitUntil(isTold, 'the laps are done', LIMIT_MS)
  const [wall = 0, cpu = 0] = (told().at(-1) ?? '').split(' ').slice(1).map(Number)
  return { wall: wall / 1_000, cpu: cpu / 1_000 }
}

function middleOf(laps: readonly Lap[], of: keyof Lap): number {
  const values = laps.map((lap) => lap[of])
  return percentile(values, 0.5)
}

function figureOf(
  what: What,
  {
    with: after,
    without: before,
  }: { readonly with: readonly Lap[]; readonly without: readonly Lap[] },
): Figure {
  const said = (of: keyof Lap): string =>
    `${middleOf(before, of).toFixed(1)} without, ${middleOf(after, of).toFixed(1)} with`
  const name = `${what.toUpperCase()} connect and close on loopback pays`
  const value = middleOf(after, 'cpu') - middleOf(before, 'cpu')
  const note = `processor time, medians of ${RUNS} runs by turns: ${said('cpu')}; by the clock ${said('wall')}`
  return { name, value, unit: 'µs', note, atMost: BARS_US[what] }
}
