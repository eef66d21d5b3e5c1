/** The server that a command line names, among those that are known. */
import type { ServerJson } from '../shared/contract/common.ts'
import { McpWatchError } from '../shared/errors.ts'
import { closest } from '../shared/text/closest.ts'
import type { Io } from './io.ts'
import { askSource } from './source.ts'

const MOST_SHOWN = 10

export interface KnownServer {
  readonly server: ServerJson
  /** No other client has a server of this name. */
  readonly alone: boolean
}

/** By name or id. Throws McpWatchError UNKNOWN_SERVER, UNKNOWN_CLIENT or, for one of several, USAGE. */
export async function knownServer(
  io: Io,
  named: string,
  client: string | undefined,
): Promise<KnownServer> {
  const { servers } = await askSource(io, (source) => source.servers())
  return chooseServer(servers, named, client)
}

/** Entries of one client with the same name are one here: a rule of the policy cannot tell them apart. */
export function chooseServer(
  servers: readonly ServerJson[],
  named: string,
  client: string | undefined,
): KnownServer {
  const ofClient =
    client === undefined ? servers : servers.filter((server) => server.client === client)
  if (client !== undefined && ofClient.length === 0) throw unknownClient(servers, client)
  const found = ofClient.filter(({ id, name }) => id === named || name === named)
  const clients = distinct(found.map((server) => server.client))
  if (clients.length > 1)
    throw new McpWatchError('USAGE', `several clients have a server of this name`, {
      hint: `say which with --client: ${clients.join(', ')}`,
    })
  const server = found.find(({ state }) => state === 'running') ?? found[0]
  if (server === undefined) throw unknownServer(ofClient, named)
  const namesakes = servers.filter(({ name }) => name === server.name)
  return { server, alone: distinct(namesakes.map((each) => each.client)).length === 1 }
}

function unknownServer(servers: readonly ServerJson[], named: string): McpWatchError {
  return new McpWatchError('UNKNOWN_SERVER', 'no such server is known', {
    hint: hintFor('server', named, distinct(servers.map(({ name }) => name))),
  })
}

function unknownClient(servers: readonly ServerJson[], client: string): McpWatchError {
  return new McpWatchError('UNKNOWN_CLIENT', 'no server of such a client is known', {
    hint: hintFor('client', client, distinct(servers.map((server) => server.client))),
  })
}

function hintFor(what: string, named: string, known: readonly string[]): string {
  const better = closest(named, known)
  if (better !== null) return `did you mean "${better}"?`
  if (known.length === 0) return 'no server is configured for any client that mcp-watch knows'
  const more = known.length > MOST_SHOWN ? ` and ${known.length - MOST_SHOWN} more` : ''
  return `known ${what}s: ${known.slice(0, MOST_SHOWN).join(', ')}${more}`
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
