/** Colours, or none. */
import { styleText } from 'node:util'
import type { Severity, Verdict } from '../../shared/model/judgement.ts'

type Paint = (text: string) => string

export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly yellow: Paint
  readonly green: Paint
}

/** Whether there is colour at all was decided by the caller, so no stream is asked again here. */
export function createStyle(color: boolean): Style {
  const paint =
    (format: keyof Style): Paint =>
    (text) =>
      color && text !== '' ? styleText(format, text, { validateStream: false }) : text
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    yellow: paint('yellow'),
    green: paint('green'),
  }
}

export function verdictPaint(style: Style, verdict: Verdict): Paint {
  switch (verdict) {
    case 'expected':
      return style.green
    case 'unexpected':
      return style.red
    case 'unknown':
      return style.yellow
  }
}

export function severityPaint(style: Style, severity: Severity): Paint {
  switch (severity) {
    case 'high':
      return style.red
    case 'medium':
      return style.yellow
    case 'low':
      return style.dim
  }
}
