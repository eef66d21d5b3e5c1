/** Whether the bytes of closed connections are right to the byte, whoever ends them and how. */
import type { EngineName } from '../../../shared/model/observation.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { archiveOf, matchUp } from '../archive.ts'
import { ON_LOOPBACK, serverOf } from '../exact/kinds.ts'
import { isAllRecorded, type One, type Row } from '../exact/ones.ts'
import { openStage, play } from '../exact/stage.ts'
import type { Attempt, Made, SceneBrief, SceneResult, ServerPlan } from '../model.ts'
import { attempt, inSequence, planMs, repeated, seeded, shuffled } from '../plan.ts'
import { parseMade, serverCommand } from '../servers.ts'

const WAYS = ['fin', 'peer-fin', 'peer-rst', 'linger0'] as const
const PROTOCOLS = ['tcp', 'mptcp'] as const
const SIZES = [100, 10_000_000] as const
const TRANSFERS = 2
/** The header of ../workload.h, and the byte that asks the other end to close. */
const HEADER_BYTES = 8
const PAUSE_MS = [20, 60] as const
/** Kinds of ../exact.c of which nobody sends anything. */
const EMPTY = ['tcp-1ms', 'tcp-at-once', 'abort', 'closed-there', 'reset-there', 'mptcp'] as const
const EMPTY_COUNT = 20
const EMPTY_PAUSE_MS = 50

export async function exactBytes(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const engine: EngineName = brief.engine ?? 'bpf'
  const plan = talkPlan(brief)
  const empty = EMPTY.map((kind) => {
    const plan = { ...ON_LOOPBACK, kind, count: EMPTY_COUNT, pauseMs: EMPTY_PAUSE_MS }
    return [kind, serverOf(brief.program, kind, plan)] as const
  })
  const talks = serverCommand(place.home, brief.program, plan)
  const servers = new Map([...empty, [plan.name, talks] as const])
  const stage = await openStage(brief, place, { engine, servers, aim: ON_LOOPBACK })
  try {
    const isAll = (all: readonly One[], told: readonly Row[]): boolean =>
      isAllRecorded(all, told) && told.every(({ closedAt }) => closedAt !== null)
    const { ones, rows } = await play(stage, planMs(plan.attempts) * 2, isAll)
    const lines = stage.client.lines()
    const wallOfZero = Date.now() - Number(process.hrtime.bigint()) / 1e6
    const made = lines.flatMap((line) => parseMade(line, wallOfZero))
    const pairs = matchUp(made, archiveOf(stage.home).recorded())
    const figures = [
      ...talkFigures(pairs),
      ...EMPTY.flatMap((kind) => emptyFigure(kind, ones, rows)),
    ]
    return { figures: figures.map((figure) => ({ ...figure, name: `${engine}: ${figure.name}` })) }
  } finally {
    await stage.end()
  }
}

/** The far end's last port speaks MPTCP. */
function talkPlan({ far }: SceneBrief): ServerPlan {
  const random = seeded(5)
  const all = PROTOCOLS.flatMap((kind) =>
    WAYS.flatMap((close) =>
      SIZES.flatMap((size) => {
        const port = far.port + (kind === 'mptcp' ? 3 : 0)
        const one = { kind, close, port, lifetimeMs: 100 }
        return [
          ...repeated(attempt(far, { ...one, sends: size }), TRANSFERS),
          ...repeated(attempt(far, { ...one, wants: size }), TRANSFERS),
        ]
      }),
    ),
  )
  const attempts = inSequence(shuffled(all, random), PAUSE_MS, random)
  return { name: 'talks', program: 'c', busy: false, attempts }
}

type Pairs = ReturnType<typeof matchUp>

function talkFigures(pairs: Pairs): readonly Figure[] {
  return PROTOCOLS.flatMap((protocol) =>
    WAYS.map((way) => {
      const own = pairs.filter(({ made }) => made.kind === protocol && made.close === way)
      const wrong = own.filter((pair) => !isExact(pair))
      const share = ((own.length - wrong.length) / own.length) * 100
      return figureOf(`${protocol}, ${way}, 100 B and 10 MB`, share, own.length, wrongOnes(wrong))
    }),
  )
}

/** The last byte before a reset of the other end, which asks for that very reset, may be left without acknowledgement. */
function isExact({ made, recorded }: Pairs[number]): boolean {
  const told = toldBytes(made)
  const isSent =
    recorded?.sent === told || (made.close === 'peer-rst' && recorded?.sent === told - 1)
  return isSent && recorded?.received === made.wants
}

function toldBytes({ sends, close }: Made): number {
  const asks: Readonly<Record<Attempt['close'], number>> = {
    fin: 0,
    linger0: 0,
    'peer-fin': 1,
    'peer-rst': 1,
  }
  return sends + HEADER_BYTES + asks[close]
}

function wrongOnes(wrong: Pairs): string {
  return wrong
    .slice(0, 3)
    .map(({ made, recorded }) => {
      const found = recorded === null ? 'not recorded' : `${recorded.sent}/${recorded.received}`
      return `${toldBytes(made)}/${made.wants}: ${found}`
    })
    .join(', ')
}

function emptyFigure(kind: string, ones: readonly One[], rows: readonly Row[]): readonly Figure[] {
  const own = ones.filter(({ server }) => server === kind)
  if (own.every(({ answer }) => answer === null)) return []
  const recorded = rows.filter(({ server }) => server === kind)
  const right = recorded.filter(({ sent, received }) => sent === 0 && received === 0)
  const other = recorded.find((row) => !right.includes(row))
  const said = other === undefined ? '' : `0/0: ${other.sent}/${other.received}`
  return [figureOf(`${kind}, 0 B`, (right.length / own.length) * 100, own.length, said)]
}

function figureOf(what: string, value: number, made: number, wrong: string): Figure {
  const note = `of ${made}${wrong === '' ? '' : `; ${wrong}`}`
  return { name: `bytes exact, ${what}`, value, unit: '%', note, atMost: null, atLeast: 100 }
}
