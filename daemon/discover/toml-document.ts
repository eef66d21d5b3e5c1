/** Reads TOML. Total. */
import { parse, TomlError } from 'smol-toml'
import type { KeyPath } from '../../shared/clients/row.ts'
import { type Document, failed, type Items, type Parsed, type Position } from './document.ts'

const MAX_DEPTH = 200
/** Each key of `a.b.c`, each table and each element becomes an object of its own: this many at most. */
const MAX_MARKS = 300_000

export function parseToml(source: string): Parsed {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  if (marksIn(text) > MAX_MARKS) return failed('holds too many values', null)
  try {
    const root = parse(text, { integersAsBigInt: 'asNeeded', maxDepth: MAX_DEPTH })
    return { ok: true, document: documentOf(root, text) }
  } catch (error) {
    // The error's own message shows lines of the file below its first: only its place is used.
    if (error instanceof TomlError && /^[^\n]*excessively nested/.test(error.message))
      return failed('nested too deeply', null)
    if (error instanceof TomlError)
      return failed('not valid TOML', { line: error.line, column: error.column })
    return failed('not valid TOML', null)
  }
}

function documentOf(root: unknown, text: string): Document {
  const positionOf = headerFinder(text)
  const value = (path: KeyPath): unknown => {
    let at = root
    for (const key of path) {
      if (!isTable(at) || !Object.hasOwn(at, key)) return undefined
      at = at[key]
    }
    return at
  }
  return {
    value,
    items(path): Items {
      const table = value(path)
      if (table === undefined) return { kind: 'absent' }
      if (!isTable(table)) return { kind: 'not-a-map', position: null }
      // TOML 1.0 forbids a key given twice, so nothing is ever replaced.
      const items = Object.entries(table).map(([key, member]) => ({
        key,
        value: () => member,
        position: positionOf([...path, key]),
        replaced: false,
      }))
      return { kind: 'items', items }
    },
  }
}

function marksIn(text: string): number {
  let marks = 0
  for (let index = 0; index < text.length; index += 1)
    if ('.=[{,'.includes(text[index] ?? ' ')) marks += 1
  return marks
}

function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

/**
 * Where tables' headers stand, for messages: the parser does not tell. Dotted keys and inline tables are not found, and
 * a line of a multi-line string can be taken for a header; a wrong place in a message is all that comes of it.
 */
function headerFinder(text: string): (path: KeyPath) => Position | null {
  let lines: Map<string, number> | null = null
  return (path) => {
    lines ??= headerLines(text)
    const line = lines.get(JSON.stringify(path))
    return line === undefined ? null : { line, column: 1 }
  }
}

function headerLines(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  text.split('\n').forEach((line, index) => {
    const header = /^\s*\[([^[\]]+)\]/.exec(line.slice(0, 1000))?.[1]
    if (header === undefined) return
    const keys = [...header.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)]
    const path = JSON.stringify(keys.map((key) => key[1] ?? key[2] ?? key[3]))
    if (!lines.has(path)) lines.set(path, index + 1)
  })
  return lines
}
