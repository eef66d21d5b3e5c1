/**
 * `npm run bench:capture`: how much of what servers do is seen, and what seeing it costs. The daemon watches a workload
 * (workload.c) that tells every connection it made; what is in the daemon's database is compared one by one.
 *
 *   npm run bench:capture -- [--only grid] [--engine ss] [--times 1] [--json]
 *
 * `--only` takes the beginning of a part's name (see PARTS below), and can be given again; `--times 5` makes five times
 * as many connections, for shares of a hundredth. No packet leaves the machine. Exit code 1: a bar was missed.
 */
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { EngineName } from '../../shared/model/observation.ts'
import { type Figure, figureLine, isKept } from '../figure.ts'
import type { SceneResult, Where, Who } from './model.ts'
import { recallTables } from './render.ts'
import { createWorlds, obstacle, type Worlds } from './worlds.ts'

interface Run {
  readonly part: string
  readonly where: Where
  readonly who: Who
}

const EVERYWHERE: readonly Omit<Run, 'part'>[] = [
  { where: 'apart', who: 'user' },
  { where: 'apart', who: 'root' },
  { where: 'host', who: 'user' },
  { where: 'host', who: 'root' },
]
const APART = EVERYWHERE.slice(0, 2)
const HOST = EVERYWHERE.slice(2)

/** Those that hardly use the processor run at the same time. */
const PARTS: Readonly<Record<string, { places: readonly Omit<Run, 'part'>[]; together: boolean }>> =
  {
    'grid-idle': { places: EVERYWHERE, together: true },
    'grid-busy': { places: EVERYWHERE, together: false },
    kinds: { places: EVERYWHERE, together: false },
    closes: { places: APART, together: false },
    bytes: { places: APART, together: false },
    foreign: { places: EVERYWHERE.slice(0, 1), together: false },
    storm: { places: HOST.slice(0, 1), together: false },
    idle: { places: APART.slice(0, 1), together: false },
    cost: { places: APART, together: false },
    'exact-kinds': { places: HOST.slice(1), together: false },
    'exact-bytes': { places: HOST.slice(1), together: false },
    'exact-latency': { places: HOST.slice(1), together: false },
    'exact-source': { places: HOST.slice(1), together: false },
    'exact-flood': { places: HOST.slice(1), together: false },
    'exact-laps': { places: HOST.slice(1), together: false },
    'exact-idle': { places: HOST.slice(1), together: false },
  }
const DEADLINE_MS = 240_000

type Outcome = Run &
  (Omit<SceneResult, 'skipped'> | { readonly skipped: string } | { readonly failed: string })

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    engine: { type: 'string' },
    times: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const times = Number(values.times)
const engine = (values.engine ?? null) as EngineName | null

const worlds = createWorlds(fileURLToPath(new URL('../../../bench/capture', import.meta.url)))
try {
  process.exitCode = await measureAll(worlds)
} finally {
  worlds.close()
}

async function measureAll(worlds: Worlds): Promise<number> {
  const outcomes: Outcome[] = []
  for (const [part, { places, together }] of Object.entries(PARTS)) {
    if (!values.only.some((beginning) => part.startsWith(beginning))) continue
    const runs = places.map((place) => async () => await measure(worlds, { part, ...place }))
    if (together) outcomes.push(...(await Promise.all(runs.map(async (run) => await run()))))
    else for (const run of runs) outcomes.push(await run())
  }
  const tables = recallTables(outcomes.flatMap((each) => ('figures' in each ? [each] : [])))
  if (values.json)
    process.stdout.write(`${JSON.stringify({ machine: machine(), engine, outcomes })}\n`)
  else process.stdout.write(`\n${tables}\n${machine()}\n`)
  const figures = outcomes.flatMap((each) => ('figures' in each ? each.figures : []))
  const isWhole = outcomes.every((each) => !('failed' in each))
  return isWhole && figures.every(isKept) ? 0 : 1
}

async function measure(worlds: Worlds, run: Run): Promise<Outcome> {
  const outcome = await outcomeOf(worlds, run)
  if (values.json) return outcome
  const lines = linesOf(outcome)
  for (const line of lines) process.stdout.write(`${run.part}, ${run.where}, ${run.who}: ${line}\n`)
  return outcome
}

/** The bars are of engines of our own; those that run a tool now and then are shown beside them. */
function withoutForeignBar(figure: Figure): Figure {
  if (engine === null || engine === 'sock-diag' || engine === 'bpf') return figure
  const { name, value, unit, note } = figure
  return { name, value, unit, note, atMost: null }
}

function linesOf(outcome: Outcome): readonly string[] {
  if ('skipped' in outcome) return [`skipped: ${outcome.skipped}`]
  if ('failed' in outcome) return [`FAILED: ${outcome.failed}`]
  return outcome.figures.map(figureLine)
}

async function outcomeOf(worlds: Worlds, run: Run): Promise<Outcome> {
  const reason = obstacle(run.where, run.who)
  if (reason !== null) return { ...run, skipped: reason }
  try {
    const deadlineMs = DEADLINE_MS * Math.max(1, times)
    const result = await worlds.run({ ...run, engine, times }, deadlineMs)
    const { figures, skipped, ...rest } = result
    if (skipped !== undefined) return { ...run, skipped }
    return { ...run, ...rest, figures: figures.map(withoutForeignBar) }
  } catch (error) {
    return { ...run, failed: (error as Error).message }
  }
}

function machine(): string {
  const [first] = cpus()
  return `${process.platform} ${process.arch}, ${cpus().length} × ${first?.model.trim()}, Node ${process.versions.node}`
}
