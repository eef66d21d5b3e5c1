/** What a client puts in the place of `${…}`. Only what cannot be secret is filled in; the rest stays open. Pure. */
import type { Expansion } from '../../shared/clients/row.ts'

/** Text, or null where a placeholder's value is not known. Never empty; literal pieces never follow each other. */
export type Pieces = readonly (string | null)[]

export interface Surroundings {
  readonly home: string
  /** The project the file belongs to, or null. */
  readonly projectDir: string | null
}

/** Splits `text` at its placeholders and fills in the known ones. Total. */
export function expand(text: string, expansion: Expansion, around: Surroundings): Pieces {
  if (expansion === 'none' || !text.includes('${')) return [text]
  const known = knownVariables(expansion, around)
  const pieces: (string | null)[] = []
  let rest = 0
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', rest)) {
    const end = closingBrace(text, start + 2)
    if (end === null) break
    const name = nameOf(text.slice(start + 2, end), expansion)
    pieces.push(text.slice(rest, start), known.get(name) ?? null)
    rest = end + 1
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

function knownVariables(expansion: Expansion, around: Surroundings): ReadonlyMap<string, string> {
  const { home, projectDir } = around
  switch (expansion) {
    case 'none':
      return new Map()
    case 'environment':
      return new Map([['HOME', home], ...entry('CLAUDE_PROJECT_DIR', projectDir)])
    case 'editor':
      return new Map([
        ['userHome', home],
        ['env:HOME', home],
        ['pathSeparator', '/'],
        ['/', '/'],
        ...entry('workspaceFolder', projectDir),
        ...entry('workspaceRoot', projectDir),
        ...entry('workspaceFolderBasename', projectDir?.split('/').at(-1) ?? null),
      ])
  }
}

function entry(name: string, value: string | null): [string, string][] {
  return value === null ? [] : [[name, value]]
}

/** `${NAME:-default}` is about NAME. */
function nameOf(inside: string, expansion: Expansion): string {
  return expansion === 'environment' ? (inside.split(':-')[0] ?? '') : inside
}

/** Defaults may hold placeholders themselves. */
function closingBrace(text: string, from: number): number | null {
  let depth = 1
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '{' && text[index - 1] === '$') depth += 1
    if (text[index] === '}') depth -= 1
    if (depth === 0) return index
  }
  return null
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
