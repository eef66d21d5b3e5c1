/** Known servers as text: a row each, or, where few are left, each in full. */
import type { KnownServer } from '../../shared/catalogue/known-server.ts'
import { namesOf } from '../../shared/catalogue/search-catalogue.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import type { Style } from './style.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, plural, wrap } from './text.ts'
import { EXPECTATION_WORDS } from './words.ts'

/** So many are shown in full. */
const FEW = 5

const COLUMNS: readonly Column[] = [
  // Cut names of one scope would all look the same.
  { title: 'SERVER', least: 48 },
  { title: 'MAY TALK TO', least: 20 },
  { title: 'ITS CHILDREN', least: 8 },
  { title: 'TELEMETRY', least: 12 },
]

/** `query` as it was typed; it is shown again when nothing was found. */
export function renderCatalogue(
  servers: readonly KnownServer[],
  query: string,
  style: Style,
  columns: number | null,
): string {
  if (servers.length === 0) {
    const missed = `No known server has "${clean(query)}" in its names or hosts.`
    const advice = 'Nothing is expected of a server that is not known, until a policy says so.'
    return `${wrap(`${missed} ${advice}`, columns, '')}\n`
  }
  if (servers.length <= FEW)
    return `${servers.map((server) => inFull(server, style, columns)).join('\n\n')}\n`
  const rows = servers.map((server) => row(server, style))
  const hint = `${plural(servers.length, 'server')}. For one in full: mcp-watch catalog NAME`
  return `${renderTable(COLUMNS, rows, columns, style.dim)}\n\n${wrap(hint, columns, '')}\n`
}

function row(server: KnownServer, style: Style): Cell[] {
  const [name = '', ...others] = namesOf(server)
  return [
    { text: others.length === 0 ? name : `${name} +${others.length}`, paint: style.bold },
    { text: reachOf(server) },
    { text: server.children === 'open' ? 'anything' : 'the same' },
    { text: server.telemetry.length === 0 ? '–' : server.telemetry.map(formatHostRule).join(', ') },
  ]
}

function inFull(server: KnownServer, style: Style, columns: number | null): string {
  const [name = ''] = namesOf(server)
  const line = (title: string, text: string): string[] =>
    text === '' ? [] : [wrap(`${title}: ${text}`, columns, '  ')]
  const { npm, pypi, image, binaries } = server
  return [
    style.bold(name),
    ...line('npm', npm.join(', ')),
    ...line('PyPI', pypi.join(', ')),
    ...line('image', image.join(', ')),
    ...line('program', binaries.join(', ')),
    ...line('may talk to', reachOf(server)),
    ...line('what it starts', server.children === 'open' ? 'may talk to anything' : 'the same'),
    ...line('reports its use to', server.telemetry.map(formatHostRule).join(', ')),
    style.dim(wrap(`source: ${server.source}`, columns, '  ')),
  ].join('\n')
}

function reachOf({ expectation, rules, configured }: KnownServer): string {
  const own = configured ? ' or your own host' : ''
  switch (expectation) {
    case 'local-only':
    case 'lan':
    case 'open':
      return configured ? WITHOUT_ONLY[expectation] + own : EXPECTATION_WORDS[expectation]
    case 'rules':
      return places(rules).join(', ') + own
  }
}

const WITHOUT_ONLY = {
  'local-only': 'this machine',
  lan: 'the local network',
  open: EXPECTATION_WORDS.open,
} as const

/** Ranges only stand for the networks around this machine. */
function places(rules: KnownServer['rules']): readonly string[] {
  const names = rules.filter(({ kind }) => kind !== 'cidr').map(formatHostRule)
  return names.length === rules.length ? names : ['the local network', ...names]
}
