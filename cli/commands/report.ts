/** `mcp-watch report`: what the servers talked to in a window of time. */
import type { ExitCode } from '../../shared/errors.ts'
import { SEVERITIES, type Severity } from '../../shared/model/judgement.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import type { Duration } from '../options.ts'
import { jsonText } from '../render/json.ts'
import { renderReport } from '../render/report.ts'
import { askSource } from '../source.ts'

export interface ReportOptions {
  readonly json?: boolean
  readonly since: Duration
  readonly server?: string
  readonly client?: string
  readonly failOn?: Severity
}

export async function report(options: ReportOptions, io: Io): Promise<ExitCode> {
  const { json = false, since, server, client, failOn } = options
  const filter = {
    ...(server === undefined ? {} : { server }),
    ...(client === undefined ? {} : { client }),
  }
  const answer = await askSource(io, (source) => source.report(since, filter))
  io.out(json ? jsonText(answer) : renderReport(answer, lookOf(io)))
  return failOn !== undefined && answer.findings.some((each) => reaches(each.severity, failOn))
    ? 1
    : 0
}

function reaches(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}
