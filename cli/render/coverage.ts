/** What was watched and what could not be seen: said in every report, because "not seen" is never "did not happen". */
import type { CoverageJson, ServerJson } from '../../shared/contract/common.ts'
import type { EngineName } from '../../shared/model/observation.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
import type { Style } from './style.ts'
import { clean, plural, wrap } from './text.ts'
import { duration, moment } from './time.ts'
import { GAP_SENTENCES, NOT_OBSERVED_SENTENCES } from './words.ts'

export interface CoverageView {
  readonly coverage: CoverageJson
  readonly servers: readonly Pick<ServerJson, 'id' | 'name' | 'client'>[]
  /** The time asked about; null for a single look. */
  readonly window: { readonly from: string; readonly to: string } | null
}

type Interval = readonly [from: number, to: number]

const INDENT = '  '
const MOST_GAPS = 10

export function renderCoverage(view: CoverageView, style: Style, columns: number | null): string {
  const sentences = [
    ...(view.window === null ? onceSentences(view) : watchSentences(view.coverage, view.window)),
    ...gapSentences(view),
    ...endedSentences(view),
    ...degradedSentences(view.coverage.degraded),
    ...resolutionSentences(view.coverage.resolution),
    countSentence(view.coverage.connections),
    ...attentionSentences(view),
    ...notObservedSentences(view),
    'What was not seen may have happened all the same.',
  ]
  const body = sentences.map((sentence) => wrap(sentence, columns, INDENT))
  return [style.bold('What was watched'), ...body].join('\n')
}

function onceSentences({ coverage }: CoverageView): string[] {
  const names = [...new Set(coverage.engines.map(({ name }) => clean(name)))].join(', ')
  const how = names === '' ? 'Nothing could look' : `Looked once with ${names}`
  return [`${how}: what opened and closed before or after that moment was not seen.`]
}

function watchSentences(coverage: CoverageJson, window: { from: string; to: string }): string[] {
  // One sentence for each way of looking, however often it was started.
  const ways = new Map(coverage.engines.map((run) => [`${run.name} ${run.intervalMs}`, run]))
  return [`Watched ${watchedOf(coverage, window)}.`, ...[...ways.values()].map(engineSentence)]
}

/** `23 h 10 m of 24 h`: the engines' times within the window, each moment once, without the gaps. */
export function watchedOf(coverage: CoverageJson, window: { from: string; to: string }): string {
  const start = Date.parse(window.from)
  const end = Date.parse(window.to)
  return `${duration(watchedMs(coverage, start, end))} of ${duration(end - start)}`
}

function watchedMs(coverage: CoverageJson, start: number, end: number): number {
  const runs = merged(coverage.engines.map(toInterval), start, end)
  const blind = coverage.gaps.filter(({ reason }) => reason !== 'stored-late')
  const gaps = merged(blind.map(toInterval), start, end)
  const overlap = runs.flatMap((run) => gaps.map((gap) => shared(run, gap)))
  return length(runs) - overlap.reduce((sum, each) => sum + each, 0)
}

function toInterval({ from, to }: { from: string; to: string }): Interval {
  return [Date.parse(from), Date.parse(to)]
}

/** Clipped to the window, sorted, overlaps joined. */
function merged(intervals: readonly Interval[], start: number, end: number): Interval[] {
  const clipped = intervals
    .map(([from, to]): Interval => [Math.max(from, start), Math.min(to, end)])
    .filter(([from, to]) => to > from)
    .toSorted(([a], [b]) => a - b)
  const result: Interval[] = []
  for (const interval of clipped) {
    const last = result.at(-1)
    if (last === undefined || interval[0] > last[1]) result.push(interval)
    else result[result.length - 1] = [last[0], Math.max(last[1], interval[1])]
  }
  return result
}

function shared(a: Interval, b: Interval): number {
  return Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]))
}

function length(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [from, to]) => sum + to - from, 0)
}

const EXACT: EngineName = 'bpf'

/** How an engine looks, and what that misses. */
export function engineSentence(engine: {
  readonly name: string
  readonly intervalMs: number | null
  readonly expectedRecall: number
}): string {
  const share = `about ${Math.floor(engine.expectedRecall * 100)} % of connections held for 1 s are expected to be seen`
  const name = clean(engine.name)
  if (engine.name === 'sock-diag') return `With ${name}, which asks the kernel itself.`
  if (engine.name === EXACT)
    return `With ${name}, told by the kernel of every connection that a server makes and of every destination of its datagrams, however short.`
  if (engine.intervalMs === null) return `With ${name}, told of every connection; ${share}.`
  const interval = duration(engine.intervalMs)
  return `With ${name} every ${interval}: a connection shorter than about ${interval} can be missed; ${share}.`
}

/** Why less is seen than could be; that looking now and then misses something the engine's own sentence says. */
export function degradedSentences(degraded: CoverageJson['degraded']): string[] {
  return degraded.filter(({ code }) => code !== 'sampling').map(({ message }) => clean(message))
}

/** The last sign of life was a while ago: the rest of the report must not read as if it were of now. */
function endedSentences({ coverage, window }: CoverageView): string[] {
  const last = coverage.gaps.find(
    ({ reason, to }) => reason === 'daemon-down' && window !== null && to >= window.to,
  )
  return last === undefined
    ? []
    : [`What is said to be running or open was so at ${moment(last.from)}, when last looked at.`]
}

function gapSentences({ coverage }: CoverageView): string[] {
  const longest = coverage.gaps.toSorted((a, b) => gapMs(b) - gapMs(a)).slice(0, MOST_GAPS)
  const shown = longest.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from))
  const sentences = shown.map(
    (gap) =>
      `${gap.reason === 'stored-late' ? 'Written late' : 'Not watched'} from ${moment(gap.from)} to ${moment(gap.to)} (${duration(gapMs(gap))}): ${GAP_SENTENCES[gap.reason]}.`,
  )
  const more = coverage.gaps.length - shown.length
  if (more > 0) sentences.push(`And ${plural(more, 'shorter gap')}.`)
  return sentences
}

function gapMs(gap: { from: string; to: string }): number {
  return Date.parse(gap.to) - Date.parse(gap.from)
}

/** Older connections are kept as sums, which cannot be cut where the window is. */
function resolutionSentences(resolution: CoverageJson['resolution']): string[] {
  switch (resolution) {
    case 'exact':
      return []
    case 'hour':
      return [
        'Of the time asked about some is kept by the hour only: whole hours at its ends count.',
      ]
    case 'day':
      return ['Of the time asked about some is kept by the day only: whole days at its ends count.']
  }
}

function countSentence(counts: CoverageJson['connections']): string {
  const unknown =
    counts.unknown === 0
      ? 'none without a known owner'
      : `${counts.unknown} whose owner was not seen, so a watched server may have made ${counts.unknown === 1 ? 'it' : 'them'}`
  return `Connections counted: ${counts.owned} of MCP servers, ${counts.foreign} of other programs (not kept), ${unknown}.`
}

/** A server that is seen less well than this is named. */
const WELL_SEEN = 0.95

/** Where the engine can tell: what was measured, in place of what may be expected. */
function attentionSentences({ coverage, servers }: CoverageView): string[] {
  const { quietMs, activeMs, expectedRecall, servers: each } = coverage.watched
  if (expectedRecall === null) return []
  // Nothing was looked for: what the engine was told of is all there was.
  if (expectedRecall === 1 && coverage.engines.every(({ name }) => name === EXACT)) return []
  const quiet = percent(quietMs / (quietMs + activeMs))
  const total = `The processes of these servers did nothing for ${quiet} of the time, and whenever they ran their sockets were looked at: of connections held for 50 ms ${percent(expectedRecall)} were certain to be seen.`
  const worse = each.flatMap(({ serverId, expectedRecall: recall }) => {
    const server = servers.find(({ id }) => id === serverId)
    if (server === undefined || recall === null || recall >= WELL_SEEN) return []
    return [`${clean(server.name)} (${clean(server.client)}) ${percent(recall)}`]
  })
  return worse.length === 0 ? [total] : [total, `Seen less well: ${worse.join(', ')}.`]
}

/** Never rounded up to all. */
function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}

function notObservedSentences({ coverage, servers }: CoverageView): string[] {
  const byReason = new Map<NotObservedReason, string[]>()
  for (const { serverId, reason } of coverage.notObserved) {
    const server = servers.find(({ id }) => id === serverId)
    // A filtered report does not list the others, so what cannot be seen of them is not its matter.
    if (server === undefined) continue
    const label = `${clean(server.name)} (${clean(server.client)})`
    byReason.set(reason, [...(byReason.get(reason) ?? []), label])
  }
  return [...byReason].map(
    ([reason, labels]) =>
      `Not observable: ${labels.join(', ')}: ${NOT_OBSERVED_SENTENCES[reason]}.`,
  )
}
