/** `mcp-watch findings ID` as text: what happened, what speaks for it, what to do. */
import type { FindingDetail } from '../../shared/contract/finding-detail.ts'
import { endpoint } from './destinations.ts'
import { adviceFor } from './finding-advice.ts'
import { whoseFinding } from './one-of.ts'
import type { Look } from './report.ts'
import { severityPaint, verdictPaint } from './style.ts'
import { clean, plural, wrap } from './text.ts'
import { duration, moment } from './time.ts'
import {
  EXPECTATION_SOURCE_WORDS,
  EXPECTATION_WORDS,
  IN_NO_FILE,
  NAME_SOURCE_WORDS,
  OUTCOME_WORDS,
  reasonSentence,
} from './words.ts'

type Connection = FindingDetail['connections'][number]

const INDENT = '  '

export function renderFindingDetail(detail: FindingDetail, look: Look): string {
  const { style, columns } = look
  const { finding } = detail
  const severity = severityPaint(style, finding.severity)(finding.severity.toUpperCase())
  const where = finding.destination === null ? '' : `: ${endpoint(finding.destination)}`
  const who = style.bold(whoseFinding(finding))
  return `${[
    `${severity}  ${who}${where}`,
    wrap(clean(finding.explanation), columns, INDENT),
    [style.bold('Finding'), ...facts(detail).map((line) => wrap(line, columns, INDENT))].join('\n'),
    ...(finding.kind === 'config-drift'
      ? []
      : [[style.bold('Connections'), ...connectionLines(detail, look)].join('\n')]),
    [
      style.bold('What to do'),
      ...adviceFor(detail).map((step, index) => wrap(`${index + 1}. ${step}`, columns, INDENT)),
    ].join('\n'),
  ].join('\n\n')}\n`
}

function facts({ finding, server }: FindingDetail): string[] {
  const { process } = finding
  const version = server.package?.version
  return [
    `${clean(finding.id)} · ${finding.kind} · ${plural(finding.count, 'time')}`,
    ...(finding.attempted ? ['attempted: nothing was reached, as far as is known'] : []),
    `first seen ${moment(finding.firstSeen)}, last seen ${moment(finding.lastSeen)}`,
    ...(process === null ? [] : [`first by ${personOf(process)}`]),
    ...(server.package === null
      ? []
      : [`package ${clean(server.package.name)}${version ? ` ${clean(version)}` : ''}`]),
    `may talk to ${EXPECTATION_WORDS[server.expectation]} (${EXPECTATION_SOURCE_WORDS[server.expectationSource]})`,
    server.source === ''
      ? IN_NO_FILE
      : `configured in ${clean(server.source)} (${clean(server.scope)})`,
  ]
}

function connectionLines({ connections, truncated }: FindingDetail, look: Look): string[] {
  if (connections.length === 0) return [`${INDENT}none is kept that shows it`]
  const lines = connections.flatMap((connection) => connectionOf(connection, look))
  return truncated ? [...lines, `${INDENT}and earlier ones`] : lines
}

function connectionOf(connection: Connection, { style, columns }: Look): string[] {
  const { direction, verdict, reason, scope, names, owner } = connection
  const arrow = direction === 'outbound' ? '→' : '←'
  const named = names.map(({ name, source }) => `${clean(name)} (${NAME_SOURCE_WORDS[source]})`)
  const why = reason === null ? '' : `: ${reasonSentence(reason, scope)}`
  const held = owner === null ? 'by a process that could not be told' : `by ${personOf(owner)}`
  return [
    `${INDENT}${arrow} ${style.bold(endpoint(connection))}  ${verdictPaint(style, verdict)(verdict)}${why}`,
    wrap(`${timesOf(connection)} · ${OUTCOME_WORDS[connection.outcome]}`, columns, '    '),
    style.dim(wrap([held, ...named.map((name) => `named ${name}`)].join(' · '), columns, '    ')),
  ]
}

function timesOf({ firstSeen, lastSeen, closedAt, openedBefore }: Connection): string {
  const begin = openedBefore ? `open before ${moment(firstSeen)}` : moment(firstSeen)
  if (closedAt === null) return `${begin}, still open when last looked at`
  const length = duration(Date.parse(lastSeen) - Date.parse(firstSeen))
  return `${begin}, seen for ${length}, closed by ${moment(closedAt)}`
}

function personOf(process: {
  readonly pid: number
  readonly role: string
  readonly executable: string | null
}): string {
  const program = process.executable === null ? '' : `, ${clean(process.executable)}`
  return `process ${process.pid} (${clean(process.role)}${program})`
}
