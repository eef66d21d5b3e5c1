/** Findings → the words of one notification. Names come from files and programs that are not trusted. Pure. */
import type { ServerId } from '../../shared/model/ids.ts'
import {
  type Finding,
  type FindingKind,
  type Scope,
  SEVERITIES,
  type Severity,
} from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Notification, Urgency } from './notification.ts'

export interface TextContext {
  readonly records: ReadonlyMap<ServerId, ServerRecord>
  /** The name behind a finding's destination, where one is known. */
  readonly hostOf: (finding: Finding) => string | null
  /** Whether this is the summary of what was found when watching began. */
  readonly isOpening: boolean
  /** How many were kept back since these servers and kinds were last told of. */
  readonly held: number
}

const MAX_TITLE = 120
const MAX_BODY = 500
const MAX_NAME = 40
const MAX_HOST = 80
const MAX_LISTED = 4
const MAX_CANDIDATES = 2

/** Ends “the server …”. */
const PHRASES: Readonly<Record<FindingKind, string>> = {
  'local-only-egress': 'has a connection it should not have',
  'unreadable-server': 'does not let itself be looked into',
  'undeclared-destination': 'talks to a destination it was not allowed',
  'new-destination': 'talks to a new destination',
  'metadata-service': 'reached for the cloud metadata service',
  'exposed-listener': 'can be reached from other machines',
  'install-time-egress': 'connected out while it was being installed',
  'raw-socket': 'made a socket for packets that cannot be watched',
  'config-drift': 'was changed in its client’s configuration',
  'unconfigured-server': 'runs and is in no configuration',
  'orphan-egress': 'connects out without its client',
}

/** The same where nothing was reached. */
const ATTEMPT_PHRASES: Readonly<Partial<Record<FindingKind, string>>> = {
  'local-only-egress': 'tried to connect where it should not',
  'undeclared-destination': 'tried to reach a destination it was not allowed',
  'new-destination': 'tried to reach a new destination',
  'metadata-service': 'tried to reach the cloud metadata service',
  'install-time-egress': 'tried to connect out while it was being installed',
}

const PLACES: Readonly<Record<Scope, string>> = {
  loopback: 'this machine',
  self: 'this machine',
  unspecified: 'this machine',
  'link-local': 'the network next to this machine',
  metadata: 'the cloud metadata service',
  private: 'a private network',
  'unique-local': 'a private network',
  cgnat: 'a shared network or VPN',
  multicast: 'a group address',
  public: 'the internet',
}

const URGENCIES: Readonly<Record<Severity, Urgency>> = {
  low: 'low',
  medium: 'normal',
  high: 'critical',
}

/** `findings` are worst first and not empty. */
export function notificationOf(
  findings: readonly [Finding, ...Finding[]],
  context: TextContext,
): Notification {
  const [worst] = findings
  const servers = [...new Set(findings.map(({ serverId }) => serverId))]
  const kinds = new Set(findings.map(({ kind }) => kind))
  const isOne = servers.length === 1
  const words = isOne ? oneServer(findings, context) : manyServers(findings, servers, context)
  return {
    title: truncate(words.title, MAX_TITLE),
    body: truncate([...words.body, 'See: mcp-watch findings'].join(' '), MAX_BODY),
    urgency: URGENCIES[worst.severity],
    findingIds: findings.map(({ id }) => id),
    serverId: isOne ? worst.serverId : null,
    kind: isOne && kinds.size === 1 ? worst.kind : null,
  }
}

interface Words {
  readonly title: string
  readonly body: readonly string[]
}

function oneServer(findings: readonly [Finding, ...Finding[]], context: TextContext): Words {
  const [worst] = findings
  const more = findings.length - 1 + context.held
  const client = context.records.get(worst.serverId)?.server.client
  return {
    title: `mcp-watch: ${whoOf(worst, context)} ${phraseOf(worst)}`,
    body: [
      ...(context.isOpening ? ['When watching began:'] : []),
      ...placeOf(worst, context),
      ...(client === undefined ? [] : [`Client: ${clean(client, MAX_NAME)}.`]),
      ...(more > 0 ? [`${count(more, 'more finding')} of this server.`] : []),
    ],
  }
}

function manyServers(
  findings: readonly Finding[],
  servers: readonly ServerId[],
  context: TextContext,
): Words {
  const listed = servers.slice(0, MAX_LISTED).map((id) => {
    const worst = findings.find(({ serverId }) => serverId === id)
    return worst === undefined ? nameOf(id, context) : `${whoOf(worst, context)} ${phraseOf(worst)}`
  })
  const left = servers.length - listed.length
  if (left > 0) listed.push(`and ${left} more`)
  return {
    title: `mcp-watch: ${servers.length} servers need a look`,
    body: [...(context.isOpening ? ['When watching began:'] : []), `${listed.join('; ')}.`],
  }
}

function phraseOf({ kind, attempted, severity }: Finding): string {
  if (kind === 'config-drift' && severity === 'high') return 'came to several clients at once'
  return (attempted ? ATTEMPT_PHRASES[kind] : undefined) ?? PHRASES[kind]
}

function placeOf(finding: Finding, context: TextContext): readonly string[] {
  const { destination, process } = finding
  const said: string[] = []
  if (destination !== null) {
    const host = context.hostOf(finding)
    const name = host === null ? '' : `${clean(host, MAX_HOST)}, `
    const { address, port, protocol, scope } = destination
    said.push(`${name}${address} port ${port} (${protocol.toUpperCase()}, ${PLACES[scope]}).`)
  }
  if (process !== null) {
    const program = process.executable === null ? '' : basename(process.executable)
    const shown = clean(program, MAX_NAME)
    said.push(`Process ${process.pid}${shown === '' ? '' : ` (${shown})`}.`)
  }
  return said
}

/** All that it may be of, as far as there is room: that it is one of several must not be lost. */
function whoOf({ serverId, oneOf = [] }: Finding, context: TextContext): string {
  if (oneOf.length < 2) return nameOf(serverId, context)
  const named = oneOf.slice(0, MAX_CANDIDATES).map((id) => nameOf(id, context))
  const left = oneOf.length - named.length
  const isShared = oneOf.every((id) => (context.records.get(id)?.server.endpoint ?? null) !== null)
  const all = `${named.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
  return isShared ? `the server of ${all}` : `one of ${all}`
}

function nameOf(id: ServerId, { records }: TextContext): string {
  const record = records.get(id)
  if (record === undefined) return 'a server that is no longer configured'
  return `"${clean(record.server.name, MAX_NAME)}"`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function clean(text: string, max: number): string {
  return truncate(stripControl(text).trim(), max)
}

/** Worst first, then in the order they were found. */
export function worstFirst(findings: Iterable<Finding>): Finding[] {
  return [...findings].toSorted(
    (a, b) => rank(b.severity) - rank(a.severity) || a.firstSeen - b.firstSeen,
  )
}

export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}
