/** The list of configured servers as text, and one server with what it talked to. */
import type {
  DestinationJson,
  InstanceJson,
  ServerJson,
  ServerState,
} from '../../shared/contract/common.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import { LAN_RULES } from '../../shared/policy/match-host.ts'
import { settlingCommand } from '../../shared/text/settling-command.ts'
import { alsoInWords, copiesWords, severalClients } from './copies.ts'
import { renderDestinations, type Settle } from './destinations.ts'
import { oneOfWords, onlyOneOf } from './one-of.ts'
import { reachedLines, reachedParagraphs } from './remote.ts'
import type { Style } from './style.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import { clean, wrap } from './text.ts'
import {
  EXPECTATION_SOURCE_WORDS,
  EXPECTATION_WORDS,
  IN_NO_FILE,
  NOT_OBSERVED_SENTENCES,
  QUALITY_WORDS,
  STATE_WORDS,
} from './words.ts'

const COLUMNS: readonly Column[] = [
  { title: 'SERVER', least: 12 },
  { title: 'CLIENT', least: 8 },
  { title: 'STATE', least: 8 },
  { title: 'MAY TALK TO', least: 8 },
  { title: 'PACKAGE', least: 12 },
  { title: 'CONFIGURED IN', least: 16 },
]

/** `mcp-watch servers`: a row each. */
export function renderServerList(
  servers: readonly ServerJson[],
  style: Style,
  columns: number | null,
): string {
  if (servers.length === 0)
    return 'No MCP server is configured for any client that mcp-watch knows.\n'
  const rows = servers.map((server): Cell[] => [
    { text: clean(server.name), paint: style.bold },
    { text: clean(server.client) },
    stateCell(server, style),
    { text: isReached(server) ? '–' : briefExpectation(server) },
    { text: packageWords(server) ?? '–' },
    { text: clean(server.source) || '–', paint: style.dim },
  ])
  const inside = servers.flatMap((server) => {
    const why = whyUnwatched(server)
    if (why === null) return []
    return `\n${wrap(`${clean(server.name)} (${clean(server.client)}) ${why}`, columns, '')}\n`
  })
  return `${renderTable(COLUMNS, rows, columns, style.dim)}\n${inside.join('')}${reachedParagraphs(servers, columns)}${severalClients(servers, columns)}`
}

/** Null for one that runs, or does not. */
function whyUnwatched({ state, answeredBy }: ServerJson): string | null {
  if (state === 'in-client') return NOT_OBSERVED_SENTENCES['in-client']
  return answeredBy === undefined ? null : NOT_OBSERVED_SENTENCES[answeredBy]
}

/** What its own entry says is one host or two. */
function briefExpectation(server: ServerJson): string {
  return server.expectationSource === 'configuration'
    ? `${expectationWords(server)} (${EXPECTATION_SOURCE_WORDS.configuration})`
    : EXPECTATION_WORDS[server.expectation]
}

function stateCell(server: ServerJson, style: Style): Cell {
  const uncertain = onlyOneOf(server.instances)
  const words = uncertain ?? STATE_WORDS[server.state]
  const copies = server.instances.filter(({ endedAt }) => endedAt === null).length
  const counted = copies > 1 ? `${words} ×${copies}` : words
  const text = server.disabled ? `${counted} (off)` : counted
  if (server.state === 'running' && uncertain === null) return { text, paint: style.green }
  return { text, paint: server.state === 'never-seen' ? style.dim : style.yellow }
}

/** One server of a report: what it is, its running copies, where it connected to. */
export function renderServer(
  server: ServerJson & { readonly destinations: readonly DestinationJson[] },
  style: Style,
  columns: number | null,
  nowMs: number,
  isNameShared = false,
): string {
  const settle: Settle = (to) => settlingCommand(to, { ...server, isNameShared })
  const destinations = renderDestinations(server.destinations, style, columns, nowMs, settle)
  const why = whyUnwatched(server)
  const off = server.disabled ? ', switched off in its file' : ''
  const lines = [
    `  ${style.bold(clean(server.name))} · ${clean(server.client)} · ${STATE_WORDS[server.state]}${off}`,
    style.dim(wrap(description(server), columns, '    ')),
    ...(why === null ? [] : [style.yellow(wrap(why, columns, '    '))]),
    ...instanceLines(server.instances, style, columns),
    ...reachedLines(server, columns, nowMs),
  ]
  if (destinations.length > 0) return [...lines, ...destinations].join('\n')
  if (isReached(server) || UNWATCHED.includes(server.state)) return lines.join('\n')
  return [...lines, '    no connection was seen'].join('\n')
}

/** Of which it would be idle to say that no connection was seen. */
const UNWATCHED: readonly ServerState[] = ['never-seen', 'in-client', 'answered']

/** By its address, and not seen as a process of this machine. */
function isReached({ transport, instances }: ServerJson): boolean {
  return transport !== 'stdio' && instances.length === 0
}

/** Its package, what it may talk to, and where it is configured. */
function description(server: ServerJson): string {
  const version = packageWords(server)
  const expectation = `may talk to ${expectationWords(server)} (${EXPECTATION_SOURCE_WORDS[server.expectationSource]})`
  return [
    ...(version === null ? [] : [version]),
    // A remote one's connections are its client's own: nothing is judged.
    ...(isReached(server) ? [] : [expectation]),
    server.source === ''
      ? IN_NO_FILE
      : `${server.state === 'removed' ? 'was ' : ''}configured in ${clean(server.source)} (${clean(server.scope)})`,
    ...alsoInWords(server.alsoIn),
  ].join('; ')
}

const MOST_HOSTS = 6

/** The hosts by name, and the many ranges of a local network as what they are. */
function expectationWords({ expectation, rules }: ServerJson): string {
  if (expectation !== 'rules' || rules.length === 0) return EXPECTATION_WORDS[expectation]
  const withLan = LAN.every((range) => rules.includes(range))
  const hosts = withLan ? rules.filter((rule) => !LAN.includes(rule)) : rules
  const shown = hosts.slice(0, MOST_HOSTS).map(clean)
  const more = hosts.length - shown.length
  const list = [...(withLan ? ['the local network'] : []), ...shown].join(', ')
  return more > 0 ? `${list} and ${more} more hosts only` : `${list} only`
}

const LAN: readonly string[] = LAN_RULES.map(formatHostRule)

const MOST_INSTANCES = 5

function instanceLines(
  instances: readonly InstanceJson[],
  style: Style,
  columns: number | null,
): string[] {
  const uncertain = instances.filter(({ quality }) => QUALITY_WORDS[quality] !== null)
  const lines = uncertain.slice(0, MOST_INSTANCES).map(({ rootPid, quality, oneOf }) => {
    const words =
      oneOf.length < 2
        ? `: ${QUALITY_WORDS[quality]}`
        : ` ${quality === 'listener' ? '' : 'is '}${oneOfWords(oneOf)}`
    return style.yellow(wrap(`process ${rootPid}${words}`, columns, '    '))
  })
  const running = copiesWords(instances.filter(({ endedAt }) => endedAt === null))
  if (running !== null) lines.unshift(wrap(running, columns, '    '))
  return lines
}

function packageWords(server: ServerJson): string | null {
  if (server.package === null) return null
  const { name, version } = server.package
  return clean(version === null ? name : `${name} ${version}`)
}
