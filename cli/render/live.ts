/** What `mcp-watch start` shows on a terminal: a beginning, a table that is redrawn, and lines above it. */
import type { Status, WatchEvent } from '../../shared/contract/answers.ts'
import type { ServerState } from '../../shared/contract/common.ts'
import type { GapReason } from '../../shared/model/tick.ts'
import { diagnosticSentence } from './diagnostics.ts'
import { renderFinding } from './findings.ts'
import type { Look } from './report.ts'
import { renderRunning } from './running.ts'
import { configurationLines, engineLines } from './status.ts'
import { clean, cut, plural, wrap } from './text.ts'
import { moment, shortMoment } from './time.ts'
import { type Whereabouts, whereaboutsLines } from './whereabouts.ts'
import { GAP_SENTENCES, HEALTH_SENTENCES } from './words.ts'

export interface Beginning {
  readonly status: Status
  readonly logFile: string
  readonly whereabouts: Whereabouts
  readonly clients: readonly { readonly name: string; readonly paths: readonly string[] }[]
  /** Paths too. */
  readonly verbose: boolean
}

export function renderBeginning(beginning: Beginning, { style, columns }: Look): string {
  const { status, logFile, whereabouts, verbose } = beginning
  const lines = [
    `${style.bold('mcp-watch')} ${clean(status.daemon.version)} is watching as process ${status.daemon.pid}`,
    ...engineLines(status, columns),
    ...configurationLines(status, verbose).map((line) => wrap(line, verbose ? null : columns, '')),
    ...status.diagnostics.map((each) => style.yellow(wrap(diagnosticSentence(each), columns, ''))),
    ...(status.servers.length === 0 ? nothingConfigured(beginning, columns) : []),
    ...whereaboutsLines(whereabouts).map((line) => wrap(line, columns, '')),
    style.dim(`Log: ${clean(logFile)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Also said to people who have no server yet: which clients would be noticed. */
function nothingConfigured({ clients, verbose }: Beginning, columns: number | null): string[] {
  return [
    'No MCP server is configured yet for any client that mcp-watch knows:',
    ...(verbose
      ? clients.flatMap(({ name, paths }) => [
          `  ${clean(name)}`,
          ...paths.map((path) => `    ${clean(path)}`),
        ])
      : [wrap(`  ${clients.map(({ name }) => clean(name)).join(', ')}.`, columns, '  ')]),
    wrap('It goes on watching, and picks up a server as soon as one is configured.', columns, ''),
  ]
}

/** Fits `rows` lines: one of them is the line that the cursor stands on. */
export function renderLive(
  status: Status,
  look: Look & { readonly rows: number },
  nowMs: number,
): string {
  const { style, columns, rows } = look
  const connections = status.servers.reduce((sum, each) => sum + each.openConnections, 0)
  const looked =
    status.daemon.lastTickAt === null ? 'not yet' : shortMoment(status.daemon.lastTickAt, nowMs)
  const foot = [
    ...countsOf(status.servers),
    `${plural(connections, 'connection')} now`,
    `last looked ${looked}`,
    'Ctrl-C ends it',
  ].join(' · ')
  const footLine = style.dim(columns === null ? foot : cut(foot, columns))
  const trouble = HEALTH_SENTENCES[status.daemon.status]
  const warning = trouble === null ? [] : [style.red(wrap(trouble, columns, ''))]
  if (status.servers.length === 0) return ['', ...warning, footLine].join('\n')
  // Around the rows: an empty line, the head, "and more", the foot, the cursor.
  const limit = rows - 5 - warning.length
  const table = renderRunning(status.servers, { style, columns, limit, nowMs })
  return ['', table, ...warning, footLine].join('\n')
}

/** Those that never are a process here are counted by themselves: nobody waits for them to run. */
function countsOf(servers: Status['servers']): string[] {
  const countOf = (state: ServerState): number =>
    servers.filter((server) => server.state === state).length
  const remote = countOf('remote')
  const inClient = countOf('in-client')
  const able = servers.length - remote - inClient
  const running = servers.filter(({ instances }) =>
    instances.some(({ endedAt }) => endedAt === null),
  ).length
  return [
    ...(able > 0 || servers.length === 0
      ? [`${running} of ${plural(able, 'server')} running`]
      : []),
    ...(remote > 0 ? [`${remote} remote`] : []),
    ...(inClient > 0 ? [`${inClient} inside a client`] : []),
  ]
}

/** The line for an event, or null for one that the table shows well enough. */
export function renderEvent(event: WatchEvent, { style, columns }: Look): string | null {
  const at = (text: string): string =>
    wrap(`${shortMoment(event.time, Date.parse(event.time))} ${text}`, columns, '')
  switch (event.event) {
    case 'finding':
      return renderFinding(event.finding, style, columns, Date.parse(event.time))
    case 'diagnostic':
      return style.yellow(at(diagnosticSentence(event)))
    case 'configuration':
      return style.dim(at(`configurations read: ${plural(event.servers, 'server')}`))
    case 'gap':
      return style.yellow(at(`not watched for a while: ${gapWords(event.reason)}`))
    case 'degraded':
      return style.yellow(at(clean(event.reason)))
    case 'store-failed':
      return style.red(at(clean(event.reason)))
    case 'recovered':
    case 'store-recovered':
      return at(clean(event.reason))
    case 'started':
    case 'stopped':
    case 'instance-started':
    case 'instance-ended':
    case 'connection-opened':
    case 'connection-closed':
      return null
  }
}

/** The event says `code since time`; a code that this version does not know is shown as it is. */
function gapWords(reason: string): string {
  const [code = '', since] = reason.split(' since ')
  if (!Object.hasOwn(GAP_SENTENCES, code)) return clean(reason)
  const words = GAP_SENTENCES[code as GapReason]
  return since === undefined ? words : `${words} (since ${moment(clean(since))})`
}
