/** Reads JSON as clients meet it in the wild: comments, trailing commas and a byte order mark are fine. Total. */
import {
  createScanner,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { KeyPath } from '../../shared/clients/row.ts'
import { type Document, failed, type Item, type Parsed, type Position } from './document.ts'

/** The parser recurses; no real file is nested a tenth as deep. */
const MAX_DEPTH = 200

/** An empty file is an empty configuration; any other that is not one object is refused. */
export function parseJson(source: string): Parsed {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  const at = positionFinder(text)
  const tooDeep = firstTooDeep(text)
  if (tooDeep !== null) return failed('nested too deeply', at(tooDeep))
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const error = errors[0]
  if (error !== undefined) return failed(`not valid JSON: ${describe(error)}`, at(error.offset))
  if (root !== undefined && root.type !== 'object')
    return failed('not a JSON object', at(root.offset))
  return { ok: true, document: documentOf(root, at) }
}

function documentOf(root: Node | undefined, at: (offset: number) => Position): Document {
  return {
    items(path) {
      const node = nodeAt(root, path)
      if (node === undefined || node.type === 'null') return { kind: 'absent' }
      if (node.type !== 'object') return { kind: 'not-a-map', position: at(node.offset) }
      return { kind: 'items', items: itemsOf(node, at) }
    },
    value(path) {
      const node = nodeAt(root, path)
      return node === undefined ? undefined : getNodeValue(node)
    },
  }
}

function itemsOf(node: Node, at: (offset: number) => Position): Item[] {
  const lastOf = new Map<string, Node>()
  for (const member of node.children ?? []) lastOf.set(keyOf(member), member)
  return (node.children ?? []).flatMap((member) => {
    const value = member.children?.[1]
    if (value === undefined) return []
    const key = keyOf(member)
    return [
      {
        key,
        value: () => getNodeValue(value) as unknown,
        position: at(member.offset),
        replaced: lastOf.get(key) !== member,
      },
    ]
  })
}

/** Of members with one name the last counts, as for JSON.parse. */
function nodeAt(root: Node | undefined, path: KeyPath): Node | undefined {
  let node = root
  for (const key of path) {
    if (node?.type !== 'object') return undefined
    node = node.children?.findLast((member) => keyOf(member) === key)?.children?.[1]
  }
  return node
}

function keyOf(member: Node): string {
  return String(member.children?.[0]?.value)
}

function firstTooDeep(text: string): number | null {
  const scanner = createScanner(text, true)
  let depth = 0
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const first = text[scanner.getTokenOffset()]
    if (first === '{' || first === '[') depth += 1
    if (first === '}' || first === ']') depth -= 1
    if (depth > MAX_DEPTH) return scanner.getTokenOffset()
  }
  return null
}

/** The parser's own name of the mistake, in words: `CommaExpected` is "comma expected". */
function describe(error: ParseError): string {
  const name = printParseErrorCode(error.error)
  if (name === 'InvalidSymbol') return 'unknown word'
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

/** From offsets to lines and columns; line starts are looked up only once something asks. */
function positionFinder(text: string): (offset: number) => Position {
  let starts: number[] | null = null
  return (offset) => {
    starts ??= lineStarts(text)
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length)
  return starts
}
