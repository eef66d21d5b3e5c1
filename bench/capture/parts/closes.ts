/** Whether every close is counted at two hundred a second, and bytes are right. */
import type { Place } from '../../place.ts'
import type { Attempt, SceneBrief, SceneResult, ServerPlan } from '../model.ts'
import { attempt, inSequence, repeated, seeded, shuffled } from '../plan.ts'
import { watchPlans } from '../watched.ts'
import { cpuFigure } from './grid.ts'

const WAYS = ['fin', 'peer-fin', 'peer-rst'] as const
/** Of each of the three servers, and so long each: two hundred a second together. */
const CLOSES = 1_300
const EACH_MS = 15
const HELD_MS = 2

export async function closes(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const plans: readonly ServerPlan[] = WAYS.map((close) => {
    const one = attempt(brief.far, { close, lifetimeMs: HELD_MS })
    const attempts = repeated(one, CLOSES * brief.times).map((each, i) => {
      return { ...each, atMs: i * EACH_MS }
    })
    return { name: close, program: 'c', busy: false, attempts }
  })
  const watched = await watchPlans(brief, place, plans)
  const { owned, foreign, unknown } = watched.archive.counts()
  const made = watched.pairs.length
  const seen = watched.pairs.filter(({ recorded }) => recorded !== null).length
  const share = ((owned + foreign + unknown) / made) * 100
  return {
    figures: [
      {
        name: 'closes counted',
        value: share,
        unit: '%',
        note: `of ${made}: ${owned} owned, ${foreign} foreign, ${unknown} unknown; ${seen} recorded`,
        atMost: 101,
        atLeast: 99,
      },
      cpuFigure(watched),
    ],
  }
}

const SIZES = [0, 100, 10_000, 1_000_000, 10_000_000] as const
/** The header of workload.h, and the byte that asks the other end to close. */
const HEADER_BYTES = 8
const TRANSFERS = 4
const PAUSE_MS = [50, 150] as const

export async function bytes(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const random = seeded(4)
  const all = WAYS.flatMap((close) =>
    SIZES.flatMap((size) => [
      ...repeated(attempt(brief.far, { close, lifetimeMs: 200, sends: size }), TRANSFERS / 2),
      ...repeated(attempt(brief.far, { close, lifetimeMs: 200, wants: size }), TRANSFERS / 2),
    ]),
  )
  const attempts = inSequence(shuffled(all, random), PAUSE_MS, random)
  const watched = await watchPlans(brief, place, [
    { name: 'talks', program: 'c', busy: false, attempts },
  ])
  const recorded = watched.pairs.filter((pair) => pair.recorded !== null)
  const known = recorded.filter((pair) => pair.recorded?.sent !== null)
  const right = known.filter(({ made, recorded: row }) => {
    const told = made.sends + HEADER_BYTES + (made.close === 'fin' ? 0 : 1)
    return within(row?.sent ?? 0, told) && within(row?.received ?? 0, made.wants)
  })
  return {
    figures: [
      {
        name: 'bytes within 1 %',
        value: (right.length / watched.pairs.length) * 100,
        unit: '%',
        note: `of ${watched.pairs.length} connections; ${recorded.length} recorded, bytes known of ${known.length}${wrongOnes(known, right)}`,
        atMost: null,
        atLeast: 100,
      },
      cpuFigure(watched),
    ],
  }
}

function within(found: number, made: number): boolean {
  return Math.abs(found - made) <= made / 100
}

type Pairs = Awaited<ReturnType<typeof watchPlans>>['pairs']

/** A few examples of what is wrong. */
function wrongOnes(known: Pairs, right: Pairs): string {
  const wrong = known.filter((pair) => !right.includes(pair)).slice(0, 3)
  const words = wrong.map(({ made, recorded }) => {
    const { close, sends, wants }: Pick<Attempt, 'close' | 'sends' | 'wants'> = made
    return `${close} ${sends}/${wants} recorded ${recorded?.sent}/${recorded?.received}`
  })
  return words.length === 0 ? '' : `; ${words.join(', ')}`
}
