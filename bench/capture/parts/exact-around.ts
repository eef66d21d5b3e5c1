/** What exact capture costs: at rest, beside a crowd of sockets, beside many connections of others; and in memory. */
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineName } from '../../../shared/model/observation.ts'
import { percentile, residentMib } from '../../cost.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { archiveOf } from '../archive.ts'
import { coreShare } from '../exact/cpu.ts'
import { ON_LOOPBACK, serverOf } from '../exact/kinds.ts'
import { startLoad } from '../exact/load.ts'
import { type Tally, tallyNote, tallyOf } from '../exact/ones.ts'
import { openStage, play } from '../exact/stage.ts'
import type { SceneBrief, SceneResult } from '../model.ts'

const SERVERS = 20
const HERE = '127.0.0.1'
/** Two sockets each. */
const CROWD = ['hold', '2500', HERE] as const
const SETTLE_MS = 3_000
const IDLE_MS = 60_000
const IDLE_BESIDE_CROWD_MS = 20_000
const MORE_MIB = 15

/** The daemon on `sock-diag` runs at the same time, in a home of its own, for the sake of its memory. */
export async function exactIdle(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const [exact, sampled] = await Promise.all([
    rest(brief, place, 'bpf', IDLE_MS),
    rest(brief, place, 'sock-diag', IDLE_MS),
  ])
  const crowd = await startLoad(brief.program, CROWD)
  try {
    const beside = await rest(brief, place, 'bpf', IDLE_BESIDE_CROWD_MS)
    return { figures: idleFigures(exact, sampled, beside) }
  } finally {
    await crowd.stop()
  }
}

interface Rest {
  readonly percent: number
  readonly mib: number
}

async function rest(
  brief: SceneBrief,
  place: Place,
  engine: EngineName,
  milliseconds: number,
): Promise<Rest> {
  const stage = await openStage(brief, place, {
    engine,
    servers: sleepers(brief.program),
    aim: { ...ON_LOOPBACK, port: ON_LOOPBACK.port + (engine === 'bpf' ? 0 : 1_000) },
  })
  try {
    await delay(SETTLE_MS)
    const mib: number[] = []
    const percent = await coreShare(stage.daemon.pid, async () => {
      const until = performance.now() + milliseconds
      while (performance.now() < until) {
        await delay(1_000)
        mib.push(residentMib(stage.daemon.pid))
      }
    })
    return { percent, mib: percentile(mib, 0.5) }
  } finally {
    await stage.end()
  }
}

/** They wait for a word that is never given. */
function sleepers(program: string): ReadonlyMap<string, readonly string[]> {
  const plan = { ...ON_LOOPBACK, kind: 'tcp-1ms', count: 1, pauseMs: 1 }
  const names = Array.from({ length: SERVERS }, (_, i) => `s${i}`)
  return new Map(names.map((name) => [name, serverOf(program, name, plan)]))
}

function idleFigures(exact: Rest, sampled: Rest, beside: Rest): readonly Figure[] {
  const core = '% of a core'
  return [
    {
      name: 'bpf: 20 idle servers, a minute',
      value: exact.percent,
      unit: core,
      note: `sock-diag meanwhile ${sampled.percent.toFixed(2)}`,
      atMost: 0.1,
    },
    {
      name: 'bpf: the same beside 5,000 sockets of others, more',
      value: beside.percent - exact.percent,
      unit: core,
      note: `${beside.percent.toFixed(2)} in ${IDLE_BESIDE_CROWD_MS / 1_000} s`,
      atMost: 0.1,
    },
    {
      name: 'bpf: resident memory more than with sock-diag',
      value: exact.mib - sampled.mib,
      unit: 'MiB',
      note: `${exact.mib.toFixed(1)} and ${sampled.mib.toFixed(1)} at rest`,
      atMost: MORE_MIB,
    },
  ]
}

const RATE = 10_000
const FLOOD_S = 10
const FLOOD_LIMIT_MS = 60_000
const OWN = { ...ON_LOOPBACK, kind: 'tcp-at-once', count: 100, pauseMs: 90 } as const
const FLOOD_BAR = 10

/** Of others, 10,000 a second, while a server makes a hundred: alone, and beside 5,000 sockets that stay. */
export async function exactFlood(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const alone = await flood(brief, place, brief.engine ?? 'bpf')
  const crowd = await startLoad(brief.program, CROWD)
  try {
    const beside = await flood(brief, place, brief.engine ?? 'bpf')
    return {
      figures: [...floodFigures('', alone), ...floodFigures(', beside 5,000 sockets', beside)],
    }
  } finally {
    await crowd.stop()
  }
}

interface Flooded {
  readonly percent: number
  readonly made: number
  readonly perSecond: number
  readonly own: Tally
  readonly gaps: readonly string[]
}

async function flood(brief: SceneBrief, place: Place, engine: EngineName): Promise<Flooded> {
  const servers = new Map([['own', serverOf(brief.program, 'own', OWN)]])
  const stage = await openStage(brief, place, { engine, servers, aim: ON_LOOPBACK })
  try {
    const args = ['flood', String(RATE), String(FLOOD_S), HERE]
    const load = await startLoad(brief.program, args)
    const during = play(stage, FLOOD_LIMIT_MS)
    const whole = async (): Promise<void> => await load.said('done flood', FLOOD_LIMIT_MS)
    const percent = await coreShare(stage.daemon.pid, whole)
    const { ones, rows } = await during
    const told = load.lines().find((line) => line.startsWith('flood ')) ?? ''
    const [made = 0, ns = 1] = told.split(' ').slice(1).map(Number)
    await load.stop()
    const own = tallyOf(ones, rows)
    const perSecond = Math.round(made / (ns / 1e9))
    const gaps = archiveOf(stage.home).gaps()
    return { percent, made, perSecond, own, gaps }
  } finally {
    await stage.end()
  }
}

function floodFigures(where: string, flooded: Flooded): readonly Figure[] {
  const { percent, made, perSecond, own, gaps } = flooded
  const microseconds = (percent / 100 / perSecond) * 1e6
  const lost = gaps.filter((gap) => gap.startsWith('events-lost'))
  const share = (own.seen / OWN.count) * 100
  return [
    {
      name: `${perSecond} connections/s of others${where}`,
      value: percent,
      unit: '% of a core',
      note: `${microseconds.toFixed(1)} µs each; ${made} made; ${gaps.length === 0 ? 'no gap' : gaps.join(', ')}`,
      atMost: FLOOD_BAR,
    },
    {
      name: `own connections seen meanwhile${where}`,
      value: share,
      unit: '%',
      note: tallyNote(own),
      atMost: null,
      // What is missing is said: then it is no error of the record.
      ...(lost.length > 0 ? {} : { atLeast: 100 }),
    },
  ]
}
