/** How soon a connection is known, stored and judged: from right before the call to the daemon's line about it. */
import { percentile } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { type Aim, IN_PRIVATE, ON_LOOPBACK, serverOf } from '../exact/kinds.ts'
import type { One } from '../exact/ones.ts'
import { openStage, play } from '../exact/stage.ts'
import type { SceneBrief, SceneResult } from '../model.ts'

/** Some fourteen a second, apart in their pauses so that they meet in all ways. */
const PLANS = [
  { kind: 'tcp-1ms', pauseMs: 191 },
  { kind: 'udp-sendto', pauseMs: 211 },
  { kind: 'fork', pauseMs: 239 },
] as const
const COUNT = 60
const LIMIT_MS = 20_000

/** What the daemon said of one place. Wall clock in ms. */
interface Told {
  /** When the batch was taken that it is from, and when the line came, which is after it was stored. */
  readonly takenAt: number
  readonly cameAt: number
}

export async function exactLatency(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const engine = brief.engine ?? 'bpf'
  const isExact = engine === 'bpf'
  const near = await told(brief, place, ON_LOOPBACK, 'connection-opened')
  const far = await told(brief, place, IN_PRIVATE, 'finding')
  const figures = [
    ...spread('observation', near, ({ takenAt }) => takenAt, isExact ? [5, 25] : null),
    ...spread('observation stored', near, ({ cameAt }) => cameAt, null),
    ...spread(
      'finding decided and stored',
      far,
      ({ cameAt }) => cameAt,
      isExact ? [null, 50] : null,
    ),
  ]
  return { figures: figures.map((figure) => ({ ...figure, name: `${engine}: ${figure.name}` })) }
}

type Pairs = readonly { readonly one: One; readonly told: Told | null }[]

async function told(
  brief: SceneBrief,
  place: Place,
  aim: Aim,
  event: 'connection-opened' | 'finding',
): Promise<Pairs> {
  const lines: { readonly text: string; readonly cameAt: number }[] = []
  const names = PLANS.map(({ kind }) => kind)
  const servers = new Map(
    PLANS.map((plan) => [
      plan.kind,
      serverOf(brief.program, plan.kind, { ...plan, ...aim, count: COUNT }),
    ]),
  )
  const stage = await openStage(brief, place, {
    engine: brief.engine ?? 'bpf',
    servers,
    confined: aim === IN_PRIVATE ? names : [],
    aim,
    onLine: (text) => lines.push({ text, cameAt: performance.timeOrigin + performance.now() }),
  })
  try {
    const { ones } = await play(stage, LIMIT_MS)
    const byPlace = new Map(lines.flatMap(({ text, cameAt }) => placed(text, cameAt, event)))
    return ones.map((one) => ({ one, told: byPlace.get(placeOf(one)) ?? null }))
  } finally {
    await stage.end()
  }
}

interface Line {
  readonly event: string
  readonly time: string
  readonly protocol?: string
  readonly address?: string
  readonly port?: number
  readonly finding?: { readonly destination: Place4 | null }
}

type Place4 = { readonly protocol: string; readonly address: string; readonly port: number }

function placed(text: string, cameAt: number, event: string): readonly [string, Told][] {
  const line = JSON.parse(text) as Line
  if (line.event !== event) return []
  const { protocol = '', address = '', port = 0 } = line.finding?.destination ?? line
  return [[placeOf({ protocol, address, port }), { takenAt: Date.parse(line.time), cameAt }]]
}

function placeOf({ protocol, address, port }: Place4): string {
  return `${protocol} ${address} ${port}`
}

/** Median and p99; what was never told counts as the longest. */
function spread(
  what: string,
  pairs: Pairs,
  at: (told: Told) => number,
  bars: readonly [number | null, number | null] | null,
): readonly Figure[] {
  const times = pairs.map(({ one, told }) => (told === null ? LIMIT_MS : at(told) - one.at))
  const missed = pairs.filter(({ told }) => told === null).length
  const note = `of ${times.length}${missed === 0 ? '' : `, never: ${missed}`}`
  const figure = (share: number, atMost: number | null): Figure => {
    const name = `${what}, p${share * 100}`
    return { name, value: percentile(times, share), unit: 'ms', note, atMost }
  }
  return [figure(0.5, bars?.[0] ?? null), figure(0.99, bars?.[1] ?? null)]
}
