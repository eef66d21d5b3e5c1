/** The policy and what was decided about it, as text. */
import type { ServerJson } from '../../shared/contract/common.ts'
import type {
  PolicyCheck,
  PolicyDiagnostic,
  PolicyEditAnswer,
  PolicyShow,
} from '../../shared/contract/policy.ts'
import { matches } from '../../shared/policy/rule-for.ts'
import { sizeText } from '../../shared/text/size.ts'
import type { Look } from './report.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, plural, wrap } from './text.ts'
import { duration, moment } from './time.ts'

/** `expect`, `allow`, `mute`, `unmute`. */
export function renderDecision(answer: PolicyEditAnswer, { style, columns }: Look): string {
  const what = answer.created ? 'new file' : answer.changed ? 'changed' : 'unchanged'
  const lines = [wrap(clean(answer.message), columns, ''), `  ${clean(answer.path)} (${what})`]
  return `${lines[0]}\n${style.dim(lines[1] ?? '')}\n`
}

/** `policy check`: a line each, as compilers write them, with the advice below. */
export function renderPolicyCheck(answer: PolicyCheck, { style, columns }: Look): string {
  const path = clean(answer.path)
  if (!answer.exists) return `There is no policy file; what is built in holds.\n  ${path}\n`
  const lines = answer.diagnostics.flatMap((each) => {
    const place = [path, each.line, each.column].filter((part) => part !== null).join(':')
    const word = severityWord(each, style)
    const advice = each.advice === null ? [] : [wrap(clean(each.advice), columns, '  ')]
    return [`${place}: ${word}: ${clean(each.message)}`, ...advice]
  })
  const verdict = answer.valid
    ? style.green(`The policy can be used: ${plural(answer.rules, 'rule')}.`)
    : style.red('The policy cannot be used; a running mcp-watch goes by what held before.')
  return `${[...lines, verdict].join('\n')}\n`
}

function severityWord({ severity }: PolicyDiagnostic, style: Look['style']): string {
  switch (severity) {
    case 'error':
      return style.red('error')
    case 'warning':
      return style.yellow('warning')
  }
}

const COLUMNS: readonly Column[] = [
  { title: '', least: 2, align: 'right' },
  { title: 'FOR', least: 12 },
  { title: 'MAY TALK TO', least: 10 },
  { title: 'MUTED', least: 8 },
  { title: 'UNTIL', least: 10 },
  { title: 'SERVERS', least: 7 },
  { title: 'WHY', least: 8 },
]

function retentionText(kept: PolicyShow['retention']): string {
  const times = [
    `connections ${duration(kept.connectionsMs)}`,
    `hours ${duration(kept.hoursMs)}`,
    `days ${duration(kept.daysMs)}`,
    `findings ${duration(kept.findingsMs)}`,
  ]
  return `records are kept: ${times.join(', ')}; at most ${sizeText(kept.maxBytes)}`
}

type Rule = PolicyShow['rules'][number]

/** `policy show`; `servers` null: none is known, so whom a rule is about is left out. */
export function renderPolicyShow(
  answer: PolicyShow,
  servers: readonly ServerJson[] | null,
  { style, columns }: Look,
  nowMs: number,
): string {
  const { notify } = answer
  const head = [
    answer.exists ? clean(answer.path) : `${clean(answer.path)} (there is none: what is built in)`,
    `  without a rule and where nothing is known: ${EXPECT_WORDS[answer.defaultExpectation]}`,
    `  names of expected hosts are ${answer.resolveNames ? '' : 'not '}looked up`,
    `  desktop notifications ${
      notify.desktop
        ? `from severity ${notify.minSeverity}, one per server and kind in ${duration(notify.coolDownMs)}`
        : 'are off'
    }`,
    `  ${retentionText(answer.retention)}`,
  ]
  if (answer.rules.length === 0) return `${[...head, '', 'No rules.'].join('\n')}\n`
  const rows = answer.rules.map((rule, index): Cell[] => {
    const dim = rule.expired ? { paint: style.dim } : {}
    return [
      { text: String(index + 1), ...dim },
      { text: clean(matchWords(rule.match)), ...dim },
      { text: clean(expectText(rule)), ...dim },
      { text: muteText(rule, nowMs), ...dim },
      { text: untilText(rule), paint: rule.expired ? style.yellow : plain },
      { text: servers === null ? '?' : serversText(rule, servers), ...dim },
      { text: clean(rule.why ?? ''), paint: style.dim },
    ]
  })
  return `${[...head, '', renderTable(COLUMNS, rows, columns, style.dim)].join('\n')}\n`
}

const EXPECT_WORDS: Readonly<Record<PolicyShow['defaultExpectation'], string>> = {
  none: 'nothing',
  'local-only': 'this machine',
  lan: 'the local network',
  open: 'anything',
}

const plain = (text: string): string => text

function matchWords(match: Rule['match']): string {
  const parts = (['name', 'client', 'package', 'image'] as const).flatMap((part) => {
    const value = match[part]
    return value === null ? [] : [part === 'name' ? value : `${part} ${value}`]
  })
  return parts.join(', ')
}

function expectText({ expect, children }: Rule): string {
  if (expect === null) return '–'
  const text = typeof expect === 'string' ? EXPECT_WORDS[expect] : expect.join(' ')
  const named = text === '' ? EXPECT_WORDS['local-only'] : text
  return children === 'open' ? `${named}; children anything` : named
}

function muteText({ mutes }: Rule, nowMs: number): string {
  const live = mutes.filter(({ until }) => until === null || Date.parse(until) > nowMs)
  return live
    .map(({ kind, until }) => (until === null ? kind : `${kind} until ${moment(until)}`))
    .join(', ')
}

function untilText({ until, expired }: Rule): string {
  if (until === null) return ''
  return expired ? 'expired' : moment(until)
}

function serversText(rule: Rule, servers: readonly ServerJson[]): string {
  const names = servers
    .filter(({ name, client, package: pkg }) => {
      const runs = pkg?.name ?? null
      return matches(rule.match, { name, client, package: runs, image: runs, pypi: true })
    })
    .map(({ name, client }) => `${name} (${client})`)
  return names.length === 0 ? 'none' : clean([...new Set(names)].join(', '))
}
