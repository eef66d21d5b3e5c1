/** What `mcp-watch demo` says around the finding. */
import type { Status } from '../../shared/contract/answers.ts'
import type { Look } from './report.ts'
import { engineLines } from './status.ts'
import { clean, wrap } from './text.ts'

export interface DemoBegin {
  readonly status: Status
  readonly port: number
  readonly quiet: string
  readonly sneaky: string
}

export function renderDemoBegin(begin: DemoBegin, { style, columns }: Look): string {
  const { status, port, quiet, sneaky } = begin
  const says = (text: string, indent = ''): string => wrap(text, columns, indent)
  const lines = [
    says(
      `${style.bold('mcp-watch demo')}: two MCP servers of its own, in a home folder that is removed at the end. Nothing of yours is read or changed, and nothing leaves this machine.`,
    ),
    says(`${style.bold(clean(quiet))} adds two numbers, and connects to nothing`, '  '),
    says(
      `${style.bold(clean(sneaky))} adds two numbers, and on the side connects to 127.0.0.1:${port}`,
      '  ',
    ),
    says('The policy says that neither is to connect to anything.'),
    ...engineLines(status, columns),
  ]
  return `${lines.join('\n')}\n\n`
}

/** `fault` is null when it went as it has to. */
export function renderDemoEnd(
  { quiet, sneaky, fault }: { quiet: string; sneaky: string; fault: string | null },
  { style, columns }: Look,
): string {
  const text =
    fault === null
      ? `${style.bold('It works here')}: ${clean(sneaky)} was flagged and ${clean(quiet)} was not. Watch your own servers with "mcp-watch start".`
      : `${style.red('It did not work here')}: ${clean(fault)}.`
  return `\n${wrap(text, columns, '')}\n`
}
