/** `mcp-watch history` as text: a part a server, a line a change. Pure. */
import type { History } from '../../shared/contract/history.ts'
import type { ChangedField } from '../../shared/model/drift.ts'
import type { Look } from './report.ts'
import { clean, wrap } from './text.ts'
import { moment } from './time.ts'
import { IN_NO_FILE } from './words.ts'

type Server = History['servers'][number]
type Change = Server['changes'][number]

const INDENT = '  '
/** A change that is known as well as this is told by one time. */
const EXACT_MS = 60_000

export function renderHistory({ servers, from }: History, look: Look): string {
  return `${servers.map((server) => serverPart(server, from, look)).join('\n\n')}\n`
}

function serverPart(server: Server, from: string, { style, columns }: Look): string {
  const { name, client, source, scope, configured, firstSeen, changes, truncated } = server
  const first =
    firstSeen === null
      ? configured
        ? 'not compared yet'
        : 'gone before configurations were compared'
      : `first seen ${moment(firstSeen)}`
  const lines = [
    ...(source === ''
      ? [IN_NO_FILE]
      : [
          `${configured ? 'declared' : 'was declared'} in ${clean(source)} (${clean(scope)})`,
          configured ? first : `${first}, no longer configured`,
        ]),
    ...entryLines(server),
  ]
  const shown = changes.map(
    (change) =>
      `${style.dim(`${INDENT}${timeOf(change)}`)}\n${wrap(changeWords(change), columns, '    ')}`,
  )
  return [
    style.bold(`${clean(name)} (${clean(client)})`),
    ...lines.map((line) => wrap(line, columns, INDENT)),
    ...(truncated ? [`${INDENT}earlier changes are left out`] : []),
    ...(shown.length === 0 ? [`${INDENT}no change since ${sinceWhen(from, firstSeen)}`] : shown),
  ].join('\n')
}

function sinceWhen(from: string, firstSeen: string | null): string {
  return firstSeen !== null && firstSeen > from ? 'then' : moment(from)
}

function entryLines({ entry, configured }: Server): string[] {
  if (entry === null) return []
  const { command, package: name, version, url, transport, disabled } = entry
  const what = url ?? named(command, name, version) ?? 'something that is not shown'
  const verb = transport === 'stdio' ? 'runs' : 'is reached at'
  const past = transport === 'stdio' ? 'ran' : 'was reached at'
  return [`${configured ? verb : past} ${clean(what)}${disabled ? ', switched off' : ''}`]
}

function named(command: string | null, name: string | null, version: string | null): string | null {
  const full = name === null || version === null ? name : `${name} ${version}`
  return command !== null && full !== null ? `${command}: ${full}` : (full ?? command)
}

function timeOf({ since, at }: Change): string {
  const isExact = Date.parse(at) - Date.parse(since) <= EXACT_MS
  return isExact ? moment(at) : `between ${moment(since)} and ${moment(at)}`
}

const FIELD_WORDS: Readonly<Record<Exclude<ChangedField, 'switch' | 'arguments'>, string>> = {
  command: 'command',
  package: 'package',
  version: 'version',
  url: 'address',
}

function changeWords({ kind, field, from, to }: Change): string {
  if (kind === 'added') return to === null ? 'added' : `added: ${clean(to)}`
  if (kind === 'removed') return from === null ? 'removed' : `removed: ${clean(from)}`
  if (field === 'switch') return `switched ${to === 'off' ? 'off' : 'on'}`
  if (field === 'arguments' || field === null) return 'other arguments'
  if (from === to && from !== null) return `${FIELD_WORDS[field]}: another ${clean(from)}`
  return `${FIELD_WORDS[field]}: ${shownText(from)} → ${shownText(to)}`
}

function shownText(text: string | null): string {
  return text === null ? 'none, or not shown' : clean(text)
}
