/** Findings as text. */
import type { FindingJson } from '../../shared/contract/common.ts'
import { endpoint } from './destinations.ts'
import { whoseFinding } from './one-of.ts'
import { type Style, severityPaint } from './style.ts'
import { clean, plural, wrap } from './text.ts'
import { shortMoment } from './time.ts'
import { FINDING_WORDS } from './words.ts'

export function renderFindings(
  findings: readonly FindingJson[],
  style: Style,
  columns: number | null,
  nowMs: number,
): string {
  const head = style.bold(`Findings (${findings.length})`)
  if (findings.length === 0) return `${head}\n  none in what was watched`
  return [head, ...findings.map((finding) => renderFinding(finding, style, columns, nowMs))].join(
    '\n',
  )
}

/** What happened on one line, when, and the explanation below it. */
export function renderFinding(
  finding: FindingJson,
  style: Style,
  columns: number | null,
  nowMs: number,
): string {
  const severity = severityPaint(style, finding.severity)(finding.severity.toUpperCase())
  const who = style.bold(whoseFinding(finding))
  const where = finding.destination === null ? '' : `: ${endpoint(finding.destination)}`
  return [
    `  ${severity}  ${who}${where}`,
    `    ${FINDING_WORDS[finding.kind]}${finding.attempted ? ' (attempted only)' : ''}`,
    wrap(clean(finding.explanation), columns, '    '),
    style.dim(wrap(evidence(finding, nowMs), columns, '    ')),
  ].join('\n')
}

function evidence(finding: FindingJson, nowMs: number): string {
  const { process } = finding
  const by =
    process === null
      ? []
      : [
          `by process ${process.pid} (${process.role}${process.executable === null ? '' : `, ${clean(process.executable)}`})`,
        ]
  const when =
    finding.firstSeen === finding.lastSeen
      ? `seen ${shortMoment(finding.firstSeen, nowMs)}`
      : `first seen ${shortMoment(finding.firstSeen, nowMs)}, last seen ${shortMoment(finding.lastSeen, nowMs)}`
  return [...by, when, plural(finding.count, 'time'), `finding ${clean(finding.id)}`].join(' · ')
}
