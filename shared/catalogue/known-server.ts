/**
 * What is publicly known of a server: what it is called, and whom it talks to when it does what it says. Exact names
 * only: a look-alike must not inherit what is known of the package it imitates.
 */
import type { HostRule } from '../model/policy.ts'
import { parseHostRule } from '../policy/host-rule.ts'
import { LAN_RULES } from '../policy/match-host.ts'

export interface KnownServer {
  readonly npm: readonly string[]
  readonly pypi: readonly string[]
  readonly image: readonly string[]
  /** Names of compiled programs, and of the commands that packages install. */
  readonly binaries: readonly string[]
  /** `open`: any host by design, such as a browser or a fetcher. */
  readonly expectation: 'local-only' | 'lan' | 'rules' | 'open'
  /** The hosts of `rules`, beyond this machine; empty for the other expectations. */
  readonly rules: readonly HostRule[]
  /**
   * `open`: it runs programs that the user asks for (git, browsers, snippets), so its children may connect anywhere;
   * `same`: what it starts is held to the same expectation.
   */
  readonly children: 'same' | 'open'
  /** Where it reports its use to; allowed beside the expectation, and a traffic class of its own. */
  readonly telemetry: readonly HostRule[]
  /**
   * Its user may point it at a host of their own (a self-hosted instance, a database elsewhere): one beyond the
   * expectation is then a question to the user rather than an accusation.
   */
  readonly configured: boolean
  /** The public page or profile that says so. */
  readonly source: string
}

/** Names by ecosystem. */
export type Names = Partial<Pick<KnownServer, 'npm' | 'pypi' | 'image' | 'binaries'>>

export interface More {
  readonly children?: KnownServer['children']
  readonly telemetry?: readonly string[]
  readonly configured?: boolean
}

export const SOURCES = {
  reference: 'modelcontextprotocol/servers, README of the server: works on local data only',
  referenceAny: 'modelcontextprotocol/servers, README of the server: fetches any address',
  archived: 'modelcontextprotocol/servers-archived, README of the server: a local database file',
  archivedNet: 'modelcontextprotocol/servers-archived, README of the server: the service it names',
  noNetwork: 'docker/mcp-registry, server.yaml of the image: disableNetwork',
  allowHosts: 'docker/mcp-registry, server.yaml of the image: allowHosts',
  profile: 'stacklok/toolhive registry, permission profile without outbound hosts',
  profileHosts: 'stacklok/toolhive registry, permission profile: outbound hosts',
  profileAny: 'stacklok/toolhive registry, permission profile: any outbound host',
  readme: "the package's README: works on local files or programs only",
  readmePeer: "the package's README: the program or service of the user's own that it connects to",
  readmeApi: "the package's README, and the public API of the service it names",
  readmeAny: "the package's README: goes to the addresses it is asked for",
} as const

/** Stays on this machine. */
export function localOnly(names: Names, source: string, more: More = {}): KnownServer {
  return entry(names, 'local-only', [], source, more)
}

/** Stays on this machine and the networks around it; its peer is what the user configures. */
export function lan(names: Names, source: string, more: More = {}): KnownServer {
  return entry(names, 'lan', [], source, { configured: true, ...more })
}

/**
 * Goes to these hosts; each text as a policy has them. A suffix is only for what has a name a customer: it cannot be
 * looked up, and with one in the list no address can be said to be none of the listed hosts.
 */
export function hosts(
  names: Names,
  texts: readonly string[],
  source: string,
  more: More = {},
): KnownServer {
  return entry(names, 'rules', readRules(texts), source, more)
}

/** As `lan`, and these hosts besides. */
export function lanAnd(
  names: Names,
  texts: readonly string[],
  source: string,
  more: More = {},
): KnownServer {
  const rules = [...LAN_RULES, ...readRules(texts)]
  return entry(names, 'rules', rules, source, { configured: true, ...more })
}

/** Any host by design, and with it whatever it starts. */
export function anywhere(names: Names, source: string, more: More = {}): KnownServer {
  return entry(names, 'open', [], source, { children: 'open', ...more })
}

function entry(
  names: Names,
  expectation: KnownServer['expectation'],
  rules: readonly HostRule[],
  source: string,
  more: More,
): KnownServer {
  return {
    npm: names.npm ?? [],
    pypi: names.pypi ?? [],
    image: names.image ?? [],
    binaries: names.binaries ?? [],
    expectation,
    rules,
    children: more.children ?? 'same',
    telemetry: readRules(more.telemetry ?? []),
    configured: more.configured ?? false,
    source,
  }
}

/** A slip in our own data fails when the module is loaded, and so in every test. */
function readRules(texts: readonly string[]): readonly HostRule[] {
  return texts.map((text) => {
    const reading = parseHostRule(text)
    if (!reading.ok) throw new TypeError(`the catalogue has a host that is none: ${text}`)
    return reading.value
  })
}
