/** What is kept, and what was removed, as text. */
import type { DataChange, DataStats } from '../../shared/contract/data.ts'
import { sizeText } from '../../shared/text/size.ts'
import type { Look } from './report.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, plural, wrap } from './text.ts'
import { duration, moment } from './time.ts'

const KINDS: Readonly<Record<DataStats['kinds'][number]['kind'], string>> = {
  connections: 'connections',
  hours: 'sums of hours',
  days: 'sums of days',
  reached: 'reached by clients',
  findings: 'findings',
  changes: 'changes of configurations',
  gaps: 'gaps',
}

const TABLE: readonly Column[] = [
  { title: 'KIND', least: 8 },
  { title: 'ROWS', least: 4, align: 'right' },
  { title: 'SINCE', least: 10 },
  { title: 'UNTIL', least: 10 },
  { title: 'KEPT FOR', least: 6 },
]

/** `data stats`. */
export function renderStats(stats: DataStats, { style, columns }: Look): string {
  const { bytes } = stats
  const limit = bytes.limit === null ? '' : ` of ${sizeText(bytes.limit)}`
  const head = [
    clean(stats.path),
    `  ${sizeText(bytes.used)}${limit} in use, ${sizeText(bytes.free)} free within, ${sizeText(bytes.onDisk)} on disk`,
    `  ${plural(stats.servers, 'server')}, ${plural(stats.destinations, 'destination')}`,
  ]
  const rows = stats.kinds.map(({ kind, rows: count, from, to, keptMs }): Cell[] => [
    { text: KINDS[kind] },
    { text: String(count) },
    { text: from === null ? '—' : moment(from) },
    { text: to === null ? '—' : moment(to) },
    { text: keptMs === null ? '?' : duration(keptMs) },
  ])
  const aside = stats.setAside.map((name) => `  set aside, and not counted: ${clean(name)}`)
  return `${[...head, ...aside, '', renderTable(TABLE, rows, columns, style.dim)].join('\n')}\n`
}

/** `data prune`, `data erase`. */
export function renderChange({ removed, before, after }: DataChange, { columns }: Look): string {
  const parts = [
    plural(removed.connections, 'connection'),
    plural(removed.hours, 'sum of an hour', 'sums of hours'),
    plural(removed.days, 'sum of a day', 'sums of days'),
    plural(removed.reached, 'address of a remote server', 'addresses of remote servers'),
    plural(removed.findings, 'finding'),
    plural(removed.changes, 'change of a configuration', 'changes of configurations'),
  ]
  const size = `${sizeText(before)} before, ${sizeText(after)} now`
  return `${wrap(`Removed ${parts.join(', ')}: ${size}.`, columns, '')}\n`
}
