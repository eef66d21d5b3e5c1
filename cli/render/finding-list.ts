/** `mcp-watch findings` as text: a row each. */
import type { Findings } from '../../shared/contract/answers.ts'
import type { FindingJson } from '../../shared/contract/common.ts'
import { endpoint } from './destinations.ts'
import { oneOfWords } from './one-of.ts'
import type { Look } from './report.ts'
import { type Style, severityPaint } from './style.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, plural } from './text.ts'
import { ago, moment } from './time.ts'

const COLUMNS: readonly Column[] = [
  { title: 'ID', least: 8 },
  { title: 'SEVERITY', least: 8 },
  { title: 'SERVER', least: 10 },
  { title: 'CLIENT', least: 6 },
  { title: 'WHAT', least: 12 },
  { title: 'DESTINATION', least: 15 },
  { title: 'TIMES', least: 5, align: 'right' },
  { title: 'LAST SEEN', least: 8 },
]

export function renderFindingList(
  answer: Findings,
  { style, columns }: Look,
  nowMs: number,
): string {
  const { findings } = answer
  const since = `since ${moment(answer.from)}`
  if (findings.length === 0) {
    return `No finding ${since} in what was watched; "mcp-watch report" says what was not.\n`
  }
  const ids = shortIds(findings.map(({ id }) => id))
  const rows = findings.map((finding, index) =>
    cells(finding, ids[index] ?? finding.id, style, nowMs),
  )
  return [
    `${plural(findings.length, 'finding')} ${since}`,
    '',
    renderTable(COLUMNS, rows, columns, style.dim),
    '',
    style.dim('mcp-watch findings ID tells what happened and what to do'),
    '',
  ].join('\n')
}

function cells(finding: FindingJson, id: string, style: Style, nowMs: number): Cell[] {
  const { severity, attempted, server, client, oneOf, kind, destination, count, lastSeen } = finding
  return [
    { text: clean(id) },
    { text: severity, paint: severityPaint(style, severity) },
    { text: oneOf.length < 2 ? clean(server) : oneOfWords(oneOf), paint: style.bold },
    { text: clean(client) },
    { text: attempted ? `${kind}, attempted` : kind },
    { text: destination === null ? '–' : endpoint(destination) },
    { text: String(count) },
    { text: ago(lastSeen, nowMs), paint: style.dim },
  ]
}

const SHORTEST = 8

/** The ids' beginnings, all of one length, as short as tells them apart. */
export function shortIds(ids: readonly string[]): readonly string[] {
  const longest = Math.max(SHORTEST, ...ids.map((id) => id.length))
  for (let length = SHORTEST; length < longest; length += 1) {
    const short = ids.map((id) => id.slice(0, length))
    if (new Set(short).size === new Set(ids).size) return short
  }
  return ids
}
