/** Configuration files that could not be used, as text. */
import type { Status } from '../../shared/contract/answers.ts'
import type { Style } from './style.ts'
import { clean, wrap } from './text.ts'

/** One part with a line each, or nothing. */
export function renderDiagnostics(
  diagnostics: Status['diagnostics'],
  style: Style,
  columns: number | null,
): string[] {
  if (diagnostics.length === 0) return []
  const lines = diagnostics.map((each) => wrap(diagnosticSentence(each), columns, '  '))
  return [[style.yellow('Configuration files that could not be used'), ...lines].join('\n')]
}

/** `file:line:column: message (client)`. */
export function diagnosticSentence(diagnostic: Status['diagnostics'][number]): string {
  const { client, file, line, column, message } = diagnostic
  const place = [file, line, column].filter((part) => part !== null).join(':')
  return clean(`${place}: ${message} (${client})`)
}
