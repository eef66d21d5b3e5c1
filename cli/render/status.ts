/** `mcp-watch status` as text, and the pieces of it that `start` shows at its beginning. */
import type { Status } from '../../shared/contract/answers.ts'
import { degradedSentences, engineSentence } from './coverage.ts'
import { renderDiagnostics } from './diagnostics.ts'
import type { Look } from './report.ts'
import { renderRunning } from './running.ts'
import { clean, plural, wrap } from './text.ts'
import { duration, moment, shortMoment } from './time.ts'
import { HEALTH_SENTENCES } from './words.ts'

/** `ownVersion`: of the program that asks; another one than the daemon's is worth a line. */
export function renderStatus(
  status: Status,
  { style, columns }: Look,
  nowMs: number,
  ownVersion: string,
): string {
  const { daemon } = status
  const head = [
    `${style.bold('mcp-watch')} ${clean(daemon.version)} is running as process ${daemon.pid}, since ${moment(daemon.startedAt)} (${duration(nowMs - Date.parse(daemon.startedAt))})`,
    ...versionLines(daemon.version, ownVersion).map(style.yellow),
    ...storingLines(status).map(style.red),
    daemon.lastTickAt === null
      ? 'It has not looked yet'
      : `It last looked at ${shortMoment(daemon.lastTickAt, nowMs)}`,
    ...engineLines(status, columns),
  ].join('\n')
  const running =
    status.servers.length === 0
      ? []
      : [renderRunning(status.servers, { style, columns, limit: null, nowMs })]
  return `${[
    head,
    configurationLines(status, true).join('\n'),
    ...renderDiagnostics(status.diagnostics, style, columns),
    ...running,
  ].join('\n\n')}\n`
}

/** How it looks, and why it sees less than it could. */
export function engineLines({ engine }: Status, columns: number | null): string[] {
  const sentences = [engineSentence(engine), ...degradedSentences(engine.degraded)]
  return sentences.map((sentence) => wrap(sentence, columns, ''))
}

/** Which clients' configurations were found: one line a file with `files`, else one a client. */
export function configurationLines(status: Status, files: boolean): string[] {
  const { configurations } = status
  if (configurations.length === 0) return ['No configuration of a known client was found']
  if (files) {
    return [
      'Configurations',
      ...configurations.map(
        ({ client, file, servers }) =>
          `  ${clean(client)}: ${clean(file)} (${plural(servers, 'server')})`,
      ),
    ]
  }
  const perClient = new Map<string, number>()
  for (const { client, servers } of configurations) {
    perClient.set(client, (perClient.get(client) ?? 0) + servers)
  }
  const list = [...perClient].map(
    ([client, count]) => `${clean(client)} (${plural(count, 'server')})`,
  )
  return [`Configurations of ${list.join(', ')}`]
}

function versionLines(running: string, own: string): string[] {
  if (running === own) return []
  return [`This program is version ${own}: restart mcp-watch to run it`]
}

function storingLines({ daemon }: Status): string[] {
  const trouble = HEALTH_SENTENCES[daemon.status]
  return trouble === null ? [] : [trouble]
}
