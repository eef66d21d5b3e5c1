/** The command with which the user decides about a destination that is unknown or unexpected. */
import type {
  Expectation,
  FindingKind,
  NameSource,
  Scope,
  Verdict,
  VerdictReason,
} from '../model/judgement.ts'
import { shellWord } from './shell-word.ts'

export interface Unsettled {
  readonly address: string | null
  readonly port: number
  readonly names: readonly { readonly name: string; readonly source: NameSource }[]
  readonly scope: Scope
  readonly verdict: Verdict
  readonly reason: VerdictReason | null
}

export interface SettledServer {
  /** Taken where the name cannot be typed. */
  readonly id: string
  readonly name: string
  readonly client: string
  readonly expectation: Expectation
  /** Another client has a server of that name too, so the command has to say which is meant. */
  readonly isNameShared?: boolean
}

type Named = Pick<SettledServer, 'name' | 'client'>

/** Whether another client has a server of that name too. A client's own namesakes are one to the commands. */
export function isNameShared({ name, client }: Named, servers: readonly Named[]): boolean {
  return servers.some((other) => other.name === name && other.client !== client)
}

/**
 * A line for a POSIX shell, or null where nothing is to be settled. Where no decision of the user can settle it, the
 * command that explains it.
 */
export function settlingCommand(to: Unsettled, server: SettledServer): string | null {
  if (to.verdict === 'expected' || to.reason === null) return null
  return lineOf(decisionOf(to.reason, to, server), server)
}

type Decision =
  | { readonly command: 'explain' }
  | { readonly command: 'allow' | 'expect' | 'mute'; readonly what: string }

const EXPLAIN: Decision = { command: 'explain' }

function decisionOf(reason: VerdictReason, to: Unsettled, server: SettledServer): Decision {
  const isFree = server.expectation === 'open'
  switch (reason) {
    case 'beyond-local':
      return isHere(to.scope) ? expect('local-only') : allow(to)
    case 'beyond-lan':
    case 'not-declared':
    case 'name-not-known':
    case 'name-lookup-failed':
    case 'name-lookup-off':
    case 'name-varies':
    case 'suffix-not-resolvable':
    case 'set-by-user':
    case 'maybe-sign-in':
      return allow(to)
    case 'relayed':
    case 'peer-not-observable':
    case 'registry-not-known':
      // To allow one host to a server that may go anywhere would hold it to that one.
      return isFree ? EXPLAIN : allow(to)
    case 'metadata-service':
      return isFree ? mute(reason) : allow({ ...to, names: [] })
    case 'install-time':
      return mute('install-time-egress')
    case 'inbound-remote':
      return inbound(to, server)
    case 'loopback':
    case 'this-host':
    case 'open-expectation':
    case 'registry':
    case 'nameserver':
    case 'inherited':
    case 'developer-run':
    case 'process-unreadable':
    case 'inbound-local':
    case 'local-lookup':
    case 'local-network':
    case 'declared':
    case 'known-telemetry':
      return EXPLAIN
  }
}

function inbound({ scope }: Unsettled, { expectation }: SettledServer): Decision {
  const staysHere = expectation === 'none' || expectation === 'local-only'
  if (staysHere && scope !== 'public' && scope !== 'metadata') return expect('lan')
  return mute(staysHere ? 'local-only-egress' : 'undeclared-destination')
}

function expect(what: Expectation): Decision {
  return { command: 'expect', what }
}

function mute(what: FindingKind): Decision {
  return { command: 'mute', what }
}

/** By name where exactly one is known: its addresses will change. */
function allow({ address, port, names }: Unsettled): Decision {
  const hosts = names.filter(({ source }) => source === 'expected-host' || source === 'registry')
  const [only] = hosts.length === 1 ? hosts : []
  const host = only !== undefined && HOST.test(only.name) ? only.name : bracketed(address)
  return host === null ? EXPLAIN : { command: 'allow', what: port > 0 ? `${host}:${port}` : host }
}

const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/

/** Rules have no zone (RFC 4007); IPv6 stands in brackets before a port (RFC 3986, 3.2.2). */
function bracketed(address: string | null): string | null {
  const plain = address?.split('%')[0]
  if (plain === undefined || !/^[0-9a-f.:]+$/.test(plain)) return null
  return plain.includes(':') ? `[${plain}]` : plain
}

function isHere(scope: Scope): boolean {
  return scope === 'loopback' || scope === 'self' || scope === 'unspecified'
}

function lineOf(decision: Decision, server: SettledServer): string {
  // Digits alone are a process to `explain`.
  const isPid = decision.command === 'explain' && /^\d+$/.test(server.name)
  const name = isPid ? null : shellWord(server.name)
  const client = server.isNameShared === true && name !== null ? shellWord(server.client) : null
  const words = [
    'mcp-watch',
    decision.command,
    name ?? server.id,
    ...(decision.command === 'explain' ? [] : [shellWord(decision.what) ?? decision.what]),
    ...(client === null ? [] : ['--client', client]),
  ]
  return words.join(' ')
}
