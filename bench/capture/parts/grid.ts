/** Recall by lifetime, of servers that sleep until they connect and of servers that always run. */
import { percentile } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import type { Attempt, RecallCell, SceneBrief, SceneResult, ServerPlan } from '../model.ts'
import { attempt, inSequence, LIFETIMES_MS, repeated, seeded, shuffled } from '../plan.ts'
import { type Watched, watchPlans } from '../watched.ts'

/** Longer than any engine stays alert after something happened. */
const IDLE_PAUSE_MS = [600, 900] as const
const BUSY_PAUSE_MS = [20, 120] as const

/** Of the idle ones, which share a minute: half in C, half in Node. */
const IDLE_COUNTS: Readonly<Record<number, number>> = {
  1: 12,
  10: 12,
  25: 12,
  50: 24,
  250: 20,
  1000: 6,
}
const BUSY_COUNTS: Readonly<Record<number, number>> = {
  1: 80,
  10: 80,
  25: 80,
  50: 120,
  250: 80,
  1000: 24,
}

/** Least recall in percent, by lifetime. */
const BARS: Readonly<Record<number, number>> = { 50: 98, 250: 99 }

/** Nothing else happens while one of them connects: each slot is of one server alone. */
export async function idleGrid(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const random = seeded(1)
  const slots = inSequence(attemptsOf(brief, IDLE_COUNTS, random), IDLE_PAUSE_MS, random)
  const plans = plansOf('idle', slots)
  return resultOf('idle', await watchPlans(brief, place, plans))
}

export async function busyGrid(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const random = seeded(2)
  const [some, others] = plansOf('busy', attemptsOf(brief, BUSY_COUNTS, random))
  const plans = [some, others].map((plan) => {
    return { ...plan, attempts: inSequence(plan.attempts, BUSY_PAUSE_MS, random) }
  })
  return resultOf('busy', await watchPlans(brief, place, plans))
}

function attemptsOf(
  { far, times }: SceneBrief,
  counts: Readonly<Record<number, number>>,
  random: () => number,
): readonly Attempt[] {
  const all = LIFETIMES_MS.flatMap((lifetimeMs) =>
    repeated(attempt(far, { lifetimeMs }), (counts[lifetimeMs] ?? 0) * times),
  )
  return shuffled(all, random)
}

/** Every other one is of the server in C, the rest of the one in Node. */
function plansOf(
  before: 'idle' | 'busy',
  attempts: readonly Attempt[],
): readonly [ServerPlan, ServerPlan] {
  const busy = before === 'busy'
  const half = (rest: number): readonly Attempt[] => attempts.filter((_, i) => i % 2 === rest)
  return [
    { name: `${before}-c`, program: 'c', busy, attempts: half(0) },
    { name: `${before}-node`, program: 'node', busy, attempts: half(1) },
  ]
}

function resultOf(before: 'idle' | 'busy', watched: Watched): SceneResult {
  const figures: Figure[] = []
  const recall: RecallCell[] = []
  for (const lifetimeMs of LIFETIMES_MS) {
    const pairs = watched.pairs.filter(({ made }) => made.lifetimeMs === lifetimeMs)
    const seen = pairs.filter(({ recorded }) => recorded !== null).length
    recall.push({ row: `${lifetimeMs} ms`, column: before, made: pairs.length, seen })
    const missed = pairs.filter(({ recorded }) => recorded === null)
    const bar = BARS[lifetimeMs]
    figures.push({
      name: `recall of ${lifetimeMs} ms, ${before} before`,
      value: (seen / pairs.length) * 100,
      unit: '%',
      note: `${seen} of ${pairs.length}${whoMissed(missed)}`,
      atMost: null,
      ...(bar === undefined ? {} : { atLeast: bar }),
    })
  }
  figures.push(cpuFigure(watched))
  return { figures, recall }
}

function whoMissed(missed: Watched['pairs']): string {
  if (missed.length === 0) return ''
  const inC = missed.filter(({ made }) => made.server.endsWith('-c')).length
  return `; missed of C ${inC}, of Node ${missed.length - inC}`
}

export function cpuFigure({ cpuPercent, archive, pairs }: Watched): Figure {
  const gaps = archive.gaps()
  const late = pairs.map(({ made }) => made.lateMs)
  const p95 = percentile(late, 0.95).toFixed(1)
  const note = `${gaps.length === 0 ? 'no gap' : `gaps: ${gaps.join(', ')}`}; p95 of the workload's own delays ${p95} ms`
  const name = 'processor of the daemon meanwhile'
  return { name, value: cpuPercent, unit: '%', note, atMost: null }
}
