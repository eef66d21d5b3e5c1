/** Tables without borders that fit the terminal. */
import { cut, width } from './text.ts'

export interface Column {
  readonly title: string
  /** Cells below which it is not made narrower; the last columns are left out where even that is too wide. */
  readonly least: number
  readonly align?: 'left' | 'right'
}

export interface Cell {
  /** One line, already clean. */
  readonly text: string
  readonly paint?: (text: string) => string
}

const GAP = '  '

/** `cells` null: as wide as it gets, nothing is cut. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  cells: number | null,
  paintHead: (text: string) => string,
): string {
  const widths = columnWidths(columns, rows, cells)
  const head = columns.map(({ title }): Cell => ({ text: title, paint: paintHead }))
  return [head, ...rows].map((row) => renderRow(columns, row, widths)).join('\n')
}

function renderRow(
  columns: readonly Column[],
  row: readonly Cell[],
  widths: readonly number[],
): string {
  const cells = widths.map((most, index) => {
    const { text, paint = unchanged }: Cell = row[index] ?? { text: '' }
    const shown = cut(text, most)
    const padding = ' '.repeat(most - width(shown))
    if (columns[index]?.align === 'right') return padding + paint(shown)
    return index === widths.length - 1 ? paint(shown) : paint(shown) + padding
  })
  return cells.join(GAP)
}

const unchanged = (text: string): string => text

/** Natural widths, the widest made narrower first until the line fits. */
function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  cells: number | null,
): number[] {
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), 1, ...rows.map((row) => width(row[index]?.text ?? ''))),
  )
  if (cells === null) return widths
  const least = widths.map((natural, index) => Math.min(natural, columns[index]?.least ?? natural))
  while (least.length > 1 && lineWidth(least) > cells) {
    least.pop()
    widths.pop()
  }
  while (lineWidth(widths) > cells) {
    const index = widestAbove(widths, least)
    if (index === -1) break
    widths[index] = (widths[index] ?? 1) - 1
  }
  return widths
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1)
}

function widestAbove(widths: readonly number[], least: readonly number[]): number {
  let widest = -1
  for (const [index, each] of widths.entries()) {
    if (each > (least[index] ?? each) && each > (widths[widest] ?? 0)) widest = index
  }
  return widest
}
