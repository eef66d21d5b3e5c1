/** One server entry as a client's file has it. Environment and header values are not even looked at. */
import type { ClientRow } from '../../shared/clients/row.ts'
import type { Transport } from '../../shared/model/server.ts'
import { splitWords } from '../../shared/text/words.ts'

/** More arguments than a person would write. */
const MAX_ARGS = 1000
/** Far more text than a person would write in one argument; a hostile file must not cost us seconds. */
const MAX_TEXT = 16 * 1024

/**
 * How clients call the same thing. Reading all their words in every file is safe, for no client gives one of them
 * another meaning; a dialect of its own for each would have to follow each client's versions.
 */
const FIELDS = {
  command: ['command', 'cmd'],
  args: ['args', 'arguments'],
  cwd: ['cwd', 'working_directory', 'workingDirectory'],
  type: ['type', 'transport', 'transportType'],
  url: ['url', 'serverUrl', 'httpUrl', 'httpURL', 'uri', 'baseUrl', 'base_url'],
} as const
/** A URL in one of these is not what the client takes a bare `url` for. */
const STREAMABLE = ['serverUrl', 'httpUrl', 'httpURL', 'uri']
/** Parts of a client that it lists among its servers. */
const BUILT_IN = new Set(['builtin', 'platform', 'frontend', 'inlinepython'])

/** As written, placeholders and secrets included: lives only until the launch is made of it. */
export interface Entry {
  readonly transport: Transport
  readonly command: string
  /** The command came as one word of a list, and is one even if it holds spaces. */
  readonly oneWord: boolean
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

type Fields = ReadonlyMap<string, unknown>

/** Whether `value` has what an entry needs; others may stand beside entries. */
export function looksLikeEntry(value: unknown): boolean {
  const fields = fieldsOf(value)
  return fields !== null && (commandOf(fields) !== null || urlOf(fields).url !== '')
}

const SWITCHES = ['disabled', 'enabled', 'isActive', 'state'] as const

/** Of an entry only the members that switch it on or off. */
export function switchesOf(value: unknown): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(value)
  return Object.fromEntries(SWITCHES.map((name) => [name, fields?.get(name)]))
}

/** Whether `value` is no entry, but says of one that stands elsewhere that it is off. */
export function isOffOnly(value: unknown): boolean {
  const fields = fieldsOf(value)
  return fields !== null && isOff(fields) && !looksLikeEntry(value)
}

/** Reads one value of a map of servers. Total. */
export function readEntry(value: unknown, client: Pick<ClientRow, 'urlTransport'>): EntryResult {
  const fields = fieldsOf(value)
  if (fields === null) return { entry: null, problem: 'a server entry is not an object' }
  const { words, oneWord, problem } = wordsOf(fields)
  const [command = '', ...args] = words
  if (command === null || command.length > MAX_TEXT)
    return { entry: null, problem: 'the command of a server is too long' }
  const { url, streamable } = urlOf(fields)
  const type = textOf(first(fields, FIELDS.type))
  const bare = streamable ? 'http' : client.urlTransport
  const transport = transportOf(type, command, url, bare)
  if (transport === null) return { entry: null, problem: missing(fields, type) }
  const stdio = transport === 'stdio'
  const entry: Entry = {
    transport,
    command: stdio ? command : '',
    oneWord,
    args: stdio ? args : [],
    cwd: textOf(first(fields, FIELDS.cwd)).slice(0, MAX_TEXT) || null,
    url: stdio ? '' : url.slice(0, MAX_TEXT),
    disabled: isOff(fields),
  }
  return { entry, problem: stdio ? problem : null }
}

/** With what a nested `transport` holds, as some clients write it; null for what is no object. */
function fieldsOf(value: unknown): Fields | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = new Map<string, unknown>(Object.entries(value))
  const nested = fields.get('transport')
  if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) return fields
  fields.delete('transport')
  return new Map([...Object.entries(nested), ...fields])
}

function first(fields: Fields, names: readonly string[]): unknown {
  for (const name of names) {
    const value = fields.get(name)
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function commandOf(fields: Fields): unknown {
  const command = first(fields, FIELDS.command)
  if (typeof command === 'string') return command === '' ? null : command
  if (Array.isArray(command)) return typeof command[0] === 'string' ? command : null
  const nested = fieldsOf(command)
  return textOf(nested?.get('path')) === '' ? null : command
}

function urlOf(fields: Fields): { readonly url: string; readonly streamable: boolean } {
  for (const name of FIELDS.url) {
    const url = textOf(fields.get(name))
    if (url !== '') return { url, streamable: STREAMABLE.includes(name) }
  }
  return { url: '', streamable: false }
}

interface Words {
  /** The command and its arguments; empty where there is none. */
  readonly words: readonly (string | null)[]
  readonly oneWord: boolean
  readonly problem: string | null
}

/** `"x"` with args beside it, `["x", "-y"]`, or Zed's former `{ "path": "x", "args": ["-y"] }`. */
function wordsOf(fields: Fields): Words {
  const command = commandOf(fields)
  const args = argsOf(first(fields, FIELDS.args))
  if (Array.isArray(command)) {
    const words = argsOf(command)
    const problem = words.problem ?? args.problem
    return { words: [...words.args, ...args.args], oneWord: true, problem }
  }
  const nested = fieldsOf(command)
  if (nested !== null) {
    const inner = argsOf(nested.get('args'))
    return {
      words: [textOf(nested.get('path')), ...inner.args],
      oneWord: true,
      problem: inner.problem,
    }
  }
  if (typeof command !== 'string') return { words: [], oneWord: false, problem: null }
  // Witsy keeps the arguments of a command in the field for the URL, as one text.
  const asUrl = textOf(fields.get('url'))
  const own = args.args.length === 0 && asUrl !== '' && asUrl.length <= MAX_TEXT && !isUrl(asUrl)
  const all = own ? splitWords(asUrl) : args.args
  return { words: [command, ...all], oneWord: false, problem: args.problem }
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/|^\$|^\{/i.test(text)
}

/** The type that is written, where the entry has what it needs; else what it has decides. */
function transportOf(
  type: string,
  command: string,
  url: string,
  urlTransport: Transport,
): Transport | null {
  if (url === '') return command === '' ? null : 'stdio'
  switch (plain(type)) {
    case 'http':
    case 'streamablehttp':
    case 'streamablehttps':
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

function plain(type: string): string {
  return type.toLowerCase().replace(/[_-]/g, '')
}

function isOff(fields: Fields): boolean {
  return (
    fields.get('disabled') === true ||
    fields.get('enabled') === false ||
    fields.get('isActive') === false ||
    fields.get('state') === 'disabled'
  )
}

/** `uses` names a block of Continue's hub, `with` what goes into it; `settings` are an extension's of Zed. */
const NOT_ITS_OWN: readonly string[] = [...SWITCHES, 'settings', 'source', 'uses', 'with', 'name']

/** Nothing is wrong with a switch for a server declared elsewhere, nor with a server that an extension brings. */
function missing(fields: Fields, type: string): string | null {
  if (BUILT_IN.has(plain(type))) return null
  if (fields.size > 0 && [...fields.keys()].every((name) => NOT_ITS_OWN.includes(name))) return null
  return 'a server entry has neither a command nor a url'
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
