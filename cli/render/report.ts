/** `mcp-watch report` and `mcp-watch scan` as text. */
import type { Scan } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { isNameShared } from '../../shared/text/settling-command.ts'
import { renderCoverage } from './coverage.ts'
import { renderDiagnostics } from './diagnostics.ts'
import { renderFindings } from './findings.ts'
import { renderServer } from './servers.ts'
import type { Style } from './style.ts'
import { plural } from './text.ts'
import { moment } from './time.ts'

/** `columns` null: nothing is wrapped. */
export interface Look {
  readonly style: Style
  readonly columns: number | null
}

export function renderReport(report: Report, { style, columns }: Look): string {
  const now = Date.parse(report.generatedAt)
  return joinParts([
    `What MCP servers talked to, from ${moment(report.from)} to ${moment(report.to)}`,
    renderCoverage({ ...report, window: report }, style, columns),
    renderFindings(report.findings, style, columns, now),
    renderServers(report.servers, style, columns, now),
  ])
}

export function renderScan(scan: Scan, { style, columns }: Look): string {
  const now = Date.parse(scan.generatedAt)
  return joinParts([
    `What MCP servers talk to, looked at once at ${moment(scan.generatedAt)}`,
    ...renderDiagnostics(scan.diagnostics, style, columns),
    renderCoverage({ ...scan, window: null }, style, columns),
    renderFindings(scan.findings, style, columns, now),
    renderServers(scan.servers, style, columns, now),
  ])
}

function renderServers(
  servers: Report['servers'],
  style: Style,
  columns: number | null,
  nowMs: number,
): string {
  const head = style.bold(`Servers (${plural(servers.length, 'entry', 'entries')})`)
  if (servers.length === 0) {
    return `${head}\n  no MCP server is configured for any client that mcp-watch knows`
  }
  return [
    head,
    ...servers.map((server) =>
      renderServer(server, style, columns, nowMs, isNameShared(server, servers)),
    ),
  ].join('\n')
}

function joinParts(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}
