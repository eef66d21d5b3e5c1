/** What runs now, a row a server: for the live table and for `mcp-watch status`. */
import type { Status } from '../../shared/contract/answers.ts'
import type { ServerState } from '../../shared/contract/common.ts'
import { endpoint } from './destinations.ts'
import { onlyOneOf } from './one-of.ts'
import { type Style, severityPaint } from './style.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, cut, width } from './text.ts'
import { ago } from './time.ts'
import { STATE_WORDS } from './words.ts'

type Row = Status['servers'][number]

const COLUMNS: readonly Column[] = [
  { title: 'SERVER', least: 10 },
  { title: 'CLIENT', least: 6 },
  { title: 'STATE', least: 8 },
  { title: 'VERDICT', least: 13 },
  { title: 'CONN', least: 4, align: 'right' },
  { title: 'CPU', least: 5, align: 'right' },
  { title: 'MEMORY', least: 6, align: 'right' },
  { title: 'LAST FINDING', least: 12 },
]

/** What should catch the eye first. */
const STATE_RANK: Readonly<Record<ServerState, number>> = {
  running: 0,
  orphaned: 0,
  removed: 0,
  unconfigured: 0,
  ended: 1,
  'never-seen': 2,
  remote: 3,
  'in-client': 3,
  answered: 1,
}

/** The table, its head included; `limit` is the most servers shown, null for all. */
export function renderRunning(
  servers: readonly Row[],
  options: {
    readonly style: Style
    readonly columns: number | null
    readonly limit: number | null
    readonly nowMs: number
  },
): string {
  const { style, columns, limit, nowMs } = options
  const sorted = servers.toSorted(
    (a, b) =>
      b.unexpected - a.unexpected ||
      b.unknown - a.unknown ||
      STATE_RANK[a.state] - STATE_RANK[b.state] ||
      compare(a.name, b.name) ||
      compare(a.client, b.client),
  )
  const { shown, commanded } = fitting(sorted, limit)
  const rows = shown.map((row) => cells(row, style, nowMs))
  const table = renderTable(COLUMNS, rows, columns, style.dim)
  const lines = withCommands(table.split('\n'), shown, commanded, columns)
  const more = sorted.length - shown.length
  return more > 0 ? `${lines}\n${style.dim(`and ${more} more: mcp-watch status`)}` : lines
}

/**
 * As many rows as `limit` lines hold. A row that is only unknown brings the line of its command, without which it tells
 * nothing to do; the other commands take what is left when all rows are shown.
 */
function fitting(
  sorted: readonly Row[],
  limit: number | null,
): { readonly shown: readonly Row[]; readonly commanded: ReadonlySet<Row> } {
  const able = sorted.filter((row) => commandOf(row) !== null)
  if (limit === null) return { shown: sorted, commanded: new Set(able) }
  const needs = (row: Row): number =>
    row.settle !== null && row.unexpected === 0 && row.unknown > 0 ? 2 : 1
  let left = Math.max(1, limit)
  const shown: Row[] = []
  const commanded = new Set<Row>()
  for (const row of sorted) {
    if (left === 0) break
    shown.push(row)
    if (needs(row) === 2 && left >= 2) commanded.add(row)
    left -= Math.min(left, needs(row))
  }
  for (const row of able) {
    if (left === 0) break
    if (commanded.has(row)) continue
    commanded.add(row)
    left -= 1
  }
  return { shown, commanded }
}

/** What is unexpected is to be read before it is decided: a copied "allow" would approve of a leak. */
function commandOf({ unexpected, lastFinding, settle }: Row): string | null {
  return unexpected > 0 && lastFinding !== null ? `mcp-watch findings ${lastFinding.id}` : settle
}

/** Below a row the command that decides about it; one that would be cut is left to the report. */
function withCommands(
  lines: readonly string[],
  rows: readonly Row[],
  commanded: ReadonlySet<Row>,
  columns: number | null,
): string {
  const below = (row: Row | undefined): string[] => {
    const command = row === undefined ? null : commandOf(row)
    if (row === undefined || command === null || !commanded.has(row)) return []
    const line = `  ↳ ${clean(command)}`
    if (columns === null || width(line) <= columns) return [line]
    return [cut('  ↳ mcp-watch report', columns)]
  }
  return lines.flatMap((line, index) => [line, ...below(rows[index - 1])]).join('\n')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function cells(row: Row, style: Style, nowMs: number): Cell[] {
  const running = row.instances.filter(({ endedAt }) => endedAt === null)
  const usages = running.flatMap(({ usage }) => (usage === null ? [] : [usage]))
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
  const known = usages.length > 0
  return [
    { text: clean(row.name), paint: style.bold },
    { text: clean(row.client) },
    stateCell(row, running.length, style),
    verdictCell(row, running.length, style),
    { text: String(row.openConnections) },
    { text: known ? `${sum(usages.map(({ cpuPercent }) => cpuPercent)).toFixed(1)}%` : '–' },
    { text: known ? megabytes(sum(usages.map(({ memoryBytes }) => memoryBytes))) : '–' },
    findingCell(row, style, nowMs),
  ]
}

function stateCell({ state, instances }: Row, copies: number, style: Style): Cell {
  const uncertain = onlyOneOf(instances)
  const words = uncertain ?? STATE_WORDS[state]
  const text = copies > 1 ? `${words} ×${copies}` : words
  if (state === 'running' && uncertain === null) return { text, paint: style.green }
  return { text, paint: copies > 0 ? style.yellow : style.dim }
}

/** Of the destinations that are open now. */
function verdictCell(row: Row, copies: number, style: Style): Cell {
  if (row.unexpected > 0) return { text: `${row.unexpected} unexpected`, paint: style.red }
  if (row.unknown > 0) return { text: `${row.unknown} unknown`, paint: style.yellow }
  if (row.openConnections > 0) return { text: 'expected', paint: style.green }
  return { text: copies > 0 ? 'quiet' : '–', paint: style.dim }
}

function findingCell(row: Row, style: Style, nowMs: number): Cell {
  const finding = row.lastFinding
  if (finding === null) return { text: '–', paint: style.dim }
  const what = finding.destination === null ? finding.kind : endpoint(finding.destination)
  return {
    text: `${finding.severity} ${what}, ${ago(finding.lastSeen, nowMs)}`,
    paint: severityPaint(style, finding.severity),
  }
}

function megabytes(bytes: number): string {
  const mega = bytes / 1_000_000
  return mega < 1000 ? `${Math.round(mega)} MB` : `${(mega / 1000).toFixed(1)} GB`
}
