/** Which servers a question is about. */
import { McpWatchError } from '../../shared/errors.ts'
import { stripControl } from '../../shared/text/control.ts'
import type { ServerRow } from './rows.ts'

/** `server` is a name or an id, `client` an id as `claude-desktop`; both may be left out. */
export interface Filter {
  readonly server?: string | undefined
  readonly client?: string | undefined
}

const MAX_KNOWN = 20
const MAX_NAME = 60

/** Names come from configuration files: bounded and without control characters, for a terminal shows them. */
function known(what: string, values: readonly string[]): string {
  const distinct = [...new Set(values)].sort()
  if (distinct.length === 0) return `no ${what} has been seen yet`
  const shown = distinct.slice(0, MAX_KNOWN).map((value) => stripControl(value).slice(0, MAX_NAME))
  const more = distinct.length > MAX_KNOWN ? ` and ${distinct.length - MAX_KNOWN} more` : ''
  return `known ${what}s: ${shown.join(', ')}${more}`
}

/** The servers that the filter names. Throws UNKNOWN_CLIENT or UNKNOWN_SERVER with what is known as the hint. */
export function selectServers<T extends Pick<ServerRow, 'id' | 'client' | 'name'>>(
  rows: readonly T[],
  filter: Filter,
): readonly T[] {
  const { server, client } = filter
  const ofClient = client === undefined ? rows : rows.filter((row) => row.client === client)
  if (client !== undefined && ofClient.length === 0) {
    throw new McpWatchError('UNKNOWN_CLIENT', 'no server of such a client is known', {
      hint: known(
        'client',
        rows.map((row) => row.client),
      ),
    })
  }
  if (server === undefined) return ofClient
  const named = ofClient.filter((row) => row.id === server || row.name === server)
  if (named.length > 0) return named
  throw new McpWatchError('UNKNOWN_SERVER', 'no such server is known', {
    hint: known(
      'server',
      ofClient.map((row) => row.name),
    ),
  })
}
