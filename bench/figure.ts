/** One measured figure, and how it is printed. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it was made of. */
  readonly note: string
  /** Null where there is no bar. */
  readonly atMost: number | null
  /** A bar that has to be reached. */
  readonly atLeast?: number
}

export function isKept({ value, atMost, atLeast }: Figure): boolean {
  return (atMost === null || value <= atMost) && (atLeast === undefined || value >= atLeast)
}

export function figureLine(figure: Figure): string {
  const { name, value, unit, note, atMost, atLeast } = figure
  const limits = [atLeast ?? [], atMost ?? []].flat()
  const limit = limits.map((each) => Number(each.toPrecision(3))).join(' to ')
  const bar = limit === '' ? '' : ` (bar ${limit}: ${isKept(figure) ? 'kept' : 'MISSED'})`
  return `${name}: ${digits(value)} ${unit}${bar}${note === '' ? '' : ` · ${note}`}`
}

function digits(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1)
}
