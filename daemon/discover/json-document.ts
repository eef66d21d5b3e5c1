/** Reads JSON as clients meet it in the wild: comments, trailing commas and a byte order mark are fine. Total. */
import {
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { KeyPath } from '../../shared/clients/row.ts'
import { type Document, failed, type Item, type Parsed, type Position } from './document.ts'
import { firstExcess } from './json-limits.ts'

/** An empty file is an empty configuration; any other that is not one object is refused. */
export function parseJson(source: string): Parsed {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  const at = positionFinder(text)
  const excess = firstExcess(text)
  if (excess !== null) return failed(excess.message, at(excess.offset))
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const error = errors[0]
  if (error !== undefined) return failed(`not valid JSON: ${describe(error)}`, at(error.offset))
  if (root !== undefined && root.type !== 'object')
    return failed('not a JSON object', at(root.offset))
  return { ok: true, document: documentOf(root, at) }
}

function documentOf(root: Node | undefined, at: (offset: number) => Position): Document {
  const index = createIndex()
  return {
    items(path) {
      const node = nodeAt(root, path, index)
      if (node === undefined || node.type === 'null') return { kind: 'absent' }
      if (node.type !== 'object') return { kind: 'not-a-map', position: at(node.offset) }
      return { kind: 'items', items: itemsOf(node, at, index) }
    },
    value(path) {
      const node = nodeAt(root, path, index)
      return node === undefined ? undefined : getNodeValue(node)
    },
  }
}

function itemsOf(node: Node, at: (offset: number) => Position, index: Index): Item[] {
  return (node.children ?? []).flatMap((member) => {
    const value = member.children?.[1]
    if (value === undefined) return []
    const key = keyOf(member)
    return [
      {
        key,
        value: () => getNodeValue(value) as unknown,
        position: at(member.offset),
        replaced: index(node).get(key) !== value,
      },
    ]
  })
}

type Index = (node: Node) => ReadonlyMap<string, Node>

/** Values by name, made once an object: files have thousands of projects. The last of one name counts, as for JSON.parse. */
function createIndex(): Index {
  const made = new WeakMap<Node, ReadonlyMap<string, Node>>()
  return (node) => {
    const known = made.get(node)
    if (known !== undefined) return known
    const values = new Map<string, Node>()
    for (const member of node.children ?? []) {
      const value = member.children?.[1]
      if (value !== undefined) values.set(keyOf(member), value)
    }
    made.set(node, values)
    return values
  }
}

function nodeAt(root: Node | undefined, path: KeyPath, index: Index): Node | undefined {
  let node = root
  for (const key of path) node = node?.type === 'object' ? index(node).get(key) : undefined
  return node
}

function keyOf(member: Node): string {
  return String(member.children?.[0]?.value)
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
