/** What a client puts in the place of `${…}`. Only what cannot be secret is filled in; the rest stays open. Pure. */
import type { Expansion } from '../../shared/clients/row.ts'

/** Text, or null where a placeholder's value is not known. Never empty; literal pieces never follow each other. */
export type Pieces = readonly (string | null)[]

export interface Surroundings {
  readonly home: string
  /** The project the file belongs to, or null. */
  readonly projectDir: string | null
  /** The folder of the plugin that it came with, or null. */
  readonly pluginDir: string | null
}

interface Syntax {
  readonly open: string
  readonly close: string
  /** The name inside; null where the client takes the whole for plain text. */
  readonly nameOf: (inside: string) => string | null
}

/** `${NAME:-default}` is about NAME. */
const withDefault = (inside: string): string => inside.split(':-')[0] ?? ''
const itself = (inside: string): string => inside

const DOLLAR: Syntax = { open: '${', close: '}', nameOf: withDefault }
/** The forms of each, tried in this order at each place. */
const SYNTAXES: Readonly<Record<Expansion, readonly Syntax[]>> = {
  none: [],
  environment: [DOLLAR],
  shell: [DOLLAR, { open: '$(', close: ')', nameOf: itself }],
  editor: [{ open: '${', close: '}', nameOf: itself }],
  braces: [
    {
      open: '{',
      close: '}',
      nameOf: (inside) => (/^(env|file):/.test(inside) ? inside : null),
    },
  ],
  template: [
    { open: '${{', close: '}}', nameOf: (inside) => inside.trim() },
    { open: '{{', close: '}}', nameOf: (inside) => inside.trim() },
    DOLLAR,
  ],
}
/** `$NAME`, which only shells and what imitates them replace. */
const BARE = /^\$([A-Za-z_]\w*)/

/** Splits `text` at its placeholders and fills in the known ones. Total. */
export function expand(text: string, expansion: Expansion, around: Surroundings): Pieces {
  const syntaxes = SYNTAXES[expansion]
  if (syntaxes.length === 0 || !/[${]/.test(text)) return [text]
  const known = knownVariables(around)
  const pieces: (string | null)[] = []
  let rest = 0
  let at = nextMark(text, 0)
  while (at < text.length) {
    const found = placeholderAt(text, at, expansion)
    if (found === null) at = nextMark(text, at + 1)
    else {
      pieces.push(text.slice(rest, at), known.get(found.name) ?? null)
      rest = found.end
      at = nextMark(text, rest)
    }
  }
  return merge([...pieces, text.slice(rest)])
}

/** The whole text where every placeholder is known, else null. */
export function expandFully(
  text: string,
  expansion: Expansion,
  around: Surroundings,
): string | null {
  const [only, ...others] = expand(text, expansion, around)
  return others.length === 0 ? (only ?? null) : null
}

function nextMark(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1)
    if (text[index] === '$' || text[index] === '{') return index
  return text.length
}

function placeholderAt(
  text: string,
  at: number,
  expansion: Expansion,
): { readonly name: string; readonly end: number } | null {
  for (const { open, close, nameOf } of SYNTAXES[expansion]) {
    if (!text.startsWith(open, at)) continue
    const end = closing(text, at + open.length, open, close)
    const name = end === null ? null : nameOf(text.slice(at + open.length, end))
    if (end !== null && name !== null) return { name, end: end + close.length }
  }
  // A variable's name is short; more would make this quadratic.
  const bare = expansion === 'shell' ? BARE.exec(text.slice(at, at + 256)) : null
  return bare === null ? null : { name: bare[1] ?? '', end: at + bare[0].length }
}

/** Defaults may hold placeholders themselves. */
function closing(text: string, from: number, open: string, close: string): number | null {
  let depth = 1
  let index = from
  while (index < text.length) {
    if (text.startsWith(close, index)) {
      depth -= 1
      if (depth === 0) return index
      index += close.length
    } else if (text.startsWith(open, index)) {
      depth += 1
      index += open.length
    } else index += 1
  }
  return null
}

/** By the names that any client has for them: none has one of these for anything else. */
function knownVariables({
  home,
  projectDir,
  pluginDir,
}: Surroundings): ReadonlyMap<string, string> {
  const named = (value: string | null, ...names: readonly string[]): [string, string][] =>
    value === null ? [] : names.map((name) => [name, value])
  return new Map([
    ...named(home, 'HOME', 'env:HOME', 'userHome'),
    ...named('/', '/', 'pathSeparator'),
    ...named(projectDir, 'CLAUDE_PROJECT_DIR', 'workspaceFolder', 'workspaceRoot', 'workspacePath'),
    ...named(projectDir?.split('/').at(-1) ?? null, 'workspaceFolderBasename'),
    ...named(pluginDir, 'CLAUDE_PLUGIN_ROOT', 'CURSOR_PLUGIN_ROOT', '__dirname', 'extensionPath'),
  ])
}

function merge(pieces: Pieces): Pieces {
  const merged: (string | null)[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (piece === '') continue
    if (piece === null || typeof last !== 'string') merged.push(piece)
    else merged[merged.length - 1] = last + piece
  }
  return merged.length === 0 ? [''] : merged
}
