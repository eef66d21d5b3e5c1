/** Recall by the way in which a connection is made and ended, each by a server of its own. */
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import type { Attempt, RecallCell, SceneBrief, SceneResult, ServerPlan } from '../model.ts'
import { attempt, inSequence, repeated, seeded, shuffled } from '../plan.ts'
import { type Watched, watchPlans } from '../watched.ts'
import { cpuFigure } from './grid.ts'

const PAUSE_MS = [150, 450] as const
const COUNT = 30
const BARS = { 50: 98, 250: 99 } as const
const LIFETIMES = [50, 250] as const

/** No bar where nothing is to be seen: the kernel keeps no destination of an unconnected UDP socket. */
const KINDS: Readonly<Record<string, { readonly is: Partial<Attempt>; readonly bar: boolean }>> = {
  'closed-here': { is: {}, bar: true },
  'closed-there': { is: { close: 'peer-fin' }, bar: true },
  'reset-there': { is: { close: 'peer-rst' }, bar: true },
  'aborted-here': { is: { close: 'linger0' }, bar: true },
  'of-a-child': { is: { kind: 'fork' }, bar: true },
  'of-an-orphan': { is: { kind: 'double' }, bar: true },
  'of-a-program': { is: { kind: 'exec' }, bar: true },
  'over-ipv6': { is: {}, bar: true },
  'udp-connected': { is: { kind: 'udp' }, bar: true },
  'udp-unconnected': { is: { kind: 'udp-sendto' }, bar: false },
}

export async function kinds(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const random = seeded(3)
  const plans: readonly ServerPlan[] = Object.entries(KINDS).map(([name, { is }]) => {
    const address = name === 'over-ipv6' ? brief.far.address6 : brief.far.address
    const all = LIFETIMES.flatMap((lifetimeMs) =>
      repeated(attempt(brief.far, { ...is, lifetimeMs, address }), COUNT * brief.times),
    )
    const attempts = inSequence(shuffled(all, random), PAUSE_MS, random)
    return { name, program: 'c', busy: false, attempts }
  })
  const watched = await watchPlans(brief, place, plans)
  const figures = Object.entries(KINDS).flatMap(([name, { bar }]) =>
    LIFETIMES.map((lifetimeMs) => figureOf(watched, name, lifetimeMs, bar)),
  )
  const recall = figures.map(({ cell }) => cell)
  return { figures: [...figures.map(({ figure }) => figure), cpuFigure(watched)], recall }
}

function figureOf(
  { pairs }: Watched,
  name: string,
  lifetimeMs: (typeof LIFETIMES)[number],
  hasBar: boolean,
): { readonly figure: Figure; readonly cell: RecallCell } {
  const own = pairs.filter(({ made }) => made.server === name && made.lifetimeMs === lifetimeMs)
  const seen = own.filter(({ recorded }) => recorded !== null).length
  const cell = { row: `${name}, ${lifetimeMs} ms`, column: '', made: own.length, seen }
  const figure = {
    name: `recall of ${lifetimeMs} ms ${name}`,
    value: (seen / own.length) * 100,
    unit: '%',
    note: `${seen} of ${own.length}`,
    atMost: null,
    ...(hasBar ? { atLeast: BARS[lifetimeMs] } : {}),
  }
  return { figure, cell }
}
