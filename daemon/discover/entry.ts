/** One server entry as a client's file has it. Environment and header values are not even looked at. */
import type { ClientRow } from '../../shared/clients/row.ts'
import type { Transport } from '../../shared/model/server.ts'

/** More arguments than a person would write. */
const MAX_ARGS = 1000
/** Far more text than a person would write in one argument; a hostile file must not cost us seconds. */
const MAX_TEXT = 16 * 1024

/** As written, placeholders and secrets included: lives only until the launch is made of it. */
export interface Entry {
  readonly transport: Transport
  readonly command: string
  /** Null for an element that is no text, or far too long: it may be anything. */
  readonly args: readonly (string | null)[]
  readonly cwd: string | null
  readonly url: string
  readonly disabled: boolean
}

export interface EntryResult {
  /** Null when the entry declares no server. */
  readonly entry: Entry | null
  /** What is wrong with it; an entry can be usable all the same. Never quotes the file. */
  readonly problem: string | null
}

/** Reads one value of a map of servers. Total. */
export function readEntry(value: unknown, client: Pick<ClientRow, 'urlTransport'>): EntryResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { entry: null, problem: 'a server entry is not an object' }
  const fields = new Map<string, unknown>(Object.entries(value))
  const command = textOf(fields.get('command'))
  const url = textOf(fields.get('url'))
  if (command.length > MAX_TEXT)
    return { entry: null, problem: 'the command of a server is too long' }
  const transport = transportOf(textOf(fields.get('type')), command, url, client.urlTransport)
  if (transport === null)
    return { entry: null, problem: 'a server entry has neither a command nor a url' }
  const { args, problem } = argsOf(fields.get('args'))
  const entry: Entry = {
    transport,
    command: transport === 'stdio' ? command : '',
    args: transport === 'stdio' ? args : [],
    cwd: textOf(fields.get('cwd')).slice(0, MAX_TEXT) || null,
    url: transport === 'stdio' ? '' : url.slice(0, MAX_TEXT),
    disabled: fields.get('disabled') === true || fields.get('enabled') === false,
  }
  return { entry, problem: transport === 'stdio' ? problem : null }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The type that is written, where the entry has what it needs; else what it has decides. */
function transportOf(
  type: string,
  command: string,
  url: string,
  urlTransport: Transport,
): Transport | null {
  if (url === '') return command === '' ? null : 'stdio'
  switch (type.toLowerCase().replace(/[_-]/g, '')) {
    case 'http':
    case 'streamablehttp':
      return 'http'
    case 'sse':
      return 'sse'
    case 'ws':
    case 'websocket':
      return 'ws'
    default:
      return command === '' ? urlTransport : 'stdio'
  }
}

function argsOf(value: unknown): Pick<Entry, 'args'> & { readonly problem: string | null } {
  if (value === undefined || value === null) return { args: [], problem: null }
  if (!Array.isArray(value)) return { args: [], problem: 'the args of a server are not a list' }
  const args = value.slice(0, MAX_ARGS).map((element: unknown) => {
    if (typeof element === 'string') return element.length > MAX_TEXT ? null : element
    return typeof element === 'number' || typeof element === 'boolean' ? String(element) : null
  })
  if (value.length > MAX_ARGS) return { args, problem: 'a server has too many args' }
  const problem = 'an argument of a server is not text, or too long'
  return { args, problem: args.includes(null) ? problem : null }
}
