/** Recall as tables: a row a kind of connection, a column a world. Pure. */
import type { RecallCell, SceneResult, Where, Who } from './model.ts'

type Outcome = SceneResult & {
  readonly part: string
  readonly where: Where
  readonly who: Who
}

interface Column {
  readonly title: string
  readonly cells: readonly RecallCell[]
}

/** Markdown, one table for each set of rows that parts have in common. Empty where no recall was measured. */
export function recallTables(outcomes: readonly Outcome[]): string {
  const tables = new Map<string, Column[]>()
  for (const { recall: cells = [], where, who } of outcomes) {
    for (const name of new Set(cells.map(({ column }) => column))) {
      const own = cells.filter(({ column }) => column === name)
      const rows = own.map(({ row }) => row).join('\n')
      const column = { title: titleOf(name, where, who), cells: own }
      tables.set(rows, [...(tables.get(rows) ?? []), column])
    }
  }
  return [...tables.values()].map(table).join('\n\n')
}

function table(columns: readonly Column[]): string {
  const head = line(['', ...columns.map(({ title }) => title)])
  const rows = (columns[0]?.cells ?? []).map(({ row }, i) =>
    line([row, ...columns.map(({ cells }) => cellText(cells[i]))]),
  )
  return [head, line(['---', ...columns.map(() => '---')]), ...rows].join('\n')
}

function cellText(cell: RecallCell | undefined): string {
  if (cell === undefined) return ''
  const share = (cell.seen / cell.made) * 100
  return `${share.toFixed(share % 1 === 0 ? 0 : 1)} % (${cell.seen}/${cell.made})`
}

function titleOf(column: string, where: Where, who: Who): string {
  const events = where === 'host' ? 'process events' : 'no process events'
  return [column, events, who].filter((word) => word !== '').join(', ')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
