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
  /** The variable that what is inside is about. */
  readonly nameOf: (inside: string) => string
}

/** `${NAME:-default}` is about NAME. */
const DOLLAR: Syntax = {
  open: '${',
  close: '}',
  nameOf: (inside) => inside.split(':-')[0] ?? '',
}
const plain = (open: string, close: string, prefix = ''): Syntax => ({
  open,
  close,
  nameOf: (inside) => prefix + inside.trim(),
})
/** The forms of each, tried in this order at each place. */
const SYNTAXES: Readonly<Record<Expansion, readonly Syntax[]>> = {
  none: [],
  environment: [DOLLAR],
  shell: [DOLLAR, plain('$(', ')')],
  editor: [plain('${', '}')],
  braces: [plain('{env:', '}', 'env:'), plain('{file:', '}', 'file:')],
  template: [plain('${{', '}}'), plain('{{', '}}'), DOLLAR],
}
/** `$NAME`, which only shells and what imitates them replace; no variable's name is longer. */
const BARE = /^\$([A-Za-z_]\w{0,255})/

/** Splits `text` at its placeholders and fills in the known ones. Total, and linear in the length of the text. */
export function expand(text: string, expansion: Expansion, around: Surroundings): Pieces {
  let syntaxes = SYNTAXES[expansion]
  if (syntaxes.length === 0 || !/[${]/.test(text)) return [text]
  const known = knownVariables(around)
  const pieces: (string | null)[] = []
  let rest = 0
  let at = nextMark(text, 0)
  while (at < text.length) {
    const syntax = syntaxes.find(({ open }) => text.startsWith(open, at))
    const found = syntax === undefined ? bareAt(text, at, expansion) : closedAt(text, at, syntax)
    if (found === null) {
      // What is never closed is text, and so is all of its kind behind it.
      if (syntax !== undefined) syntaxes = syntaxes.filter((other) => other !== syntax)
      at = nextMark(text, at + 1)
    } else {
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

interface Placeholder {
  readonly name: string
  readonly end: number
}

function bareAt(text: string, at: number, expansion: Expansion): Placeholder | null {
  if (expansion !== 'shell') return null
  const bare = BARE.exec(text.slice(at, at + 257))
  return bare === null ? null : { name: bare[1] ?? '', end: at + bare[0].length }
}

/** Defaults may hold placeholders themselves. */
function closedAt(text: string, at: number, { open, close, nameOf }: Syntax): Placeholder | null {
  const start = at + open.length
  let depth = 1
  let index = start
  while (index < text.length) {
    if (text.startsWith(close, index)) {
      depth -= 1
      index += close.length
      if (depth === 0) return { name: nameOf(text.slice(start, index - close.length)), end: index }
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
