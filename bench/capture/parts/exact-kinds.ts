/** Recall of the kinds that exact capture is held to, by each engine, beside tcpdump and `ss -tunap`. */
import type { EngineName } from '../../../shared/model/observation.ts'
import type { Figure } from '../../figure.ts'
import type { Place } from '../../place.ts'
import { type Beside, startSs, startTcpdump } from '../exact/beside.ts'
import { type Kind, kindsOf, ON_LOOPBACK, serverWords } from '../exact/kinds.ts'
import { type One, type Row, tallyNote, tallyOf } from '../exact/ones.ts'
import { openStage, play } from '../exact/stage.ts'
import type { RecallCell, SceneBrief, SceneResult } from '../model.ts'

const ENGINES: readonly EngineName[] = ['bpf', 'sock-diag', 'ss', 'lsof']
const MOST = 100
const PAUSE_MS = 40
const LIMIT_MS = 30_000

export async function exactKinds(brief: SceneBrief, place: Place): Promise<SceneResult> {
  const kinds = kindsOf(MOST)
  const servers = new Map(
    kinds.map((kind) => [kind.name, serverWords(brief.program, kind, ON_LOOPBACK, PAUSE_MS)]),
  )
  const figures: Figure[] = []
  const recall: RecallCell[] = []
  const engines = brief.engine === null ? ENGINES : [brief.engine]
  for (const [i, engine] of engines.entries()) {
    const stage = await openStage(brief, place, { engine, servers, aim: ON_LOOPBACK })
    try {
      const tools = i === 0 ? await startTools(stage.home) : null
      const { ones, rows } = await play(stage, LIMIT_MS)
      // Of the others the table says enough.
      if (i === 0) figures.push(...kinds.map((kind) => figureOf(engine, kind, ones, rows)))
      recall.push(...kinds.flatMap((kind) => cellOf(engine, kind, ones, rows)))
      if (tools !== null) recall.push(...(await cellsBeside(tools, kinds, ones)))
    } finally {
      await stage.end()
    }
  }
  return { figures, recall }
}

type Tools = Readonly<Record<'tcpdump' | 'ss -tunap', Beside>>

async function startTools(home: string): Promise<Tools> {
  return { tcpdump: await startTcpdump(home, ON_LOOPBACK), 'ss -tunap': startSs() }
}

async function cellsBeside(
  tools: Tools,
  kinds: readonly Kind[],
  ones: readonly One[],
): Promise<readonly RecallCell[]> {
  const cells: RecallCell[] = []
  for (const [column, tool] of Object.entries(tools)) {
    const hasSeen = await tool.stop()
    if (hasSeen === null) continue
    for (const { name: row, isSilent } of kinds) {
      const made = ones.filter(({ server, answer }) => server === row && answer !== null)
      if (isSilent || made.length === 0) continue
      cells.push({ row, column, made: made.length, seen: made.filter(hasSeen).length })
    }
  }
  return cells
}

/** The bar is of exact capture alone. */
function figureOf(
  engine: EngineName,
  { name, isSilent, executable }: Kind,
  ones: readonly One[],
  rows: readonly Row[],
): Figure {
  const own = ones.filter(({ server }) => server === name)
  const tally = tallyOf(own, rows, executable)
  const isExact = engine === 'bpf'
  if (tally.isMissingHere) {
    const note = 'skipped: this machine has no such thing'
    return { name: `${engine}: ${name}`, value: 0, unit: '', note, atMost: null }
  }
  if (isSilent) {
    const value = rows.filter(({ server }) => server === name).length
    const note = `of ${own.length} look-ups with ${own.length} answers each`
    const unit = 'connections recorded'
    return { name: `${engine}: ${name} alone`, value, unit, note, atMost: isExact ? 0 : null }
  }
  const value = (tally.seen / tally.made) * 100
  const figure = { name: `${engine}: ${name}`, unit: '%', note: tallyNote(tally) }
  return { ...figure, value, atMost: null, ...(isExact ? { atLeast: 100 } : {}) }
}

function cellOf(
  column: string,
  { name: row, isSilent }: Kind,
  ones: readonly One[],
  rows: readonly Row[],
): readonly RecallCell[] {
  const own = ones.filter(({ server }) => server === row)
  const { made, seen, isMissingHere } = tallyOf(own, rows)
  return isSilent || isMissingHere ? [] : [{ row, column, made, seen }]
}
