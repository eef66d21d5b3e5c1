/**
 * Changes to a JSON text that leave every other byte as it is. The parser's own `modify` lays out anew what surrounds
 * a change and loses comments on the way, which in a file that people write by hand is not to be borne.
 */
import {
  createScanner,
  findNodeAtLocation,
  type JSONPath,
  type Node,
  parseTree,
} from 'jsonc-parser'

/** jsonc-parser's SyntaxKind and ScanError are const enums, which do not outlive a compiler that looks at one file. */
const COMMA = 5
const LINE_COMMENT = 12
const BLOCK_COMMENT = 13
const LINE_BREAK = 14
const WHITE_SPACE = 15

/** `text` is valid, has no byte order mark, and `path` leads to a value in it. */
export function replaceValue(text: string, path: JSONPath, value: unknown): string {
  const node = nodeAt(text, path)
  return put(text, node.offset, node.length, print(value, indentOf(text, node.offset), eolOf(text)))
}

/** Adds a property at the end of the object at `path`. */
export function addProperty(text: string, path: JSONPath, key: string, value: unknown): string {
  return append(text, nodeAt(text, path), value, `${JSON.stringify(key)}: `)
}

/** Adds an item at the end of the list at `path`. */
export function appendItem(text: string, path: JSONPath, value: unknown): string {
  return append(text, nodeAt(text, path), value, '')
}

/** Adds an item before the one at `index`, and before the comments above that. */
export function insertItem(text: string, path: JSONPath, index: number, value: unknown): string {
  const list = nodeAt(text, path)
  const next = list.children?.[index]
  if (next === undefined) return append(text, list, value, '')
  const before = list.children?.[index - 1]
  const eol = eolOf(text)
  if (!startsLine(text, next.offset))
    return put(text, next.offset, 0, `${print(value, indentOf(text, next.offset), null)}, `)
  const from = before === undefined ? list.offset + 1 : commaAfter(text, endOf(before)) + 1
  const indent = indentOf(text, next.offset)
  return put(text, endOfLine(text, from), 0, `${eol}${indent}${print(value, indent, eol)},`)
}

/** Takes out the item of a list, or the property of an object, with one comma. Comments beside it stay. */
export function remove(text: string, path: JSONPath): string {
  const value = nodeAt(text, path)
  const node = value.parent?.type === 'property' ? value.parent : value
  const siblings = node.parent?.children ?? []
  const previous = siblings[siblings.indexOf(node) - 1]
  const comma = commaAfter(text, endOf(node))
  const without = comma >= 0 ? put(text, comma, 1, '') : text
  const cleared = clear(without, node.offset, node.length)
  if (comma >= 0 || previous === undefined) return cleared
  return put(cleared, commaAfter(text, endOf(previous)), 1, '')
}

function append(text: string, parent: Node, value: unknown, prefix: string): string {
  const eol = eolOf(text)
  const last = parent.children?.at(-1)
  if (last === undefined) return fill(text, parent, value, prefix)
  const end = endOf(last)
  const comma = commaAfter(text, end)
  if (!startsLine(text, last.offset)) {
    const added = ` ${prefix}${print(value, indentOf(text, last.offset), null)}`
    return comma >= 0 ? put(text, comma + 1, 0, added) : put(text, end, 0, `,${added}`)
  }
  const indent = indentOf(text, last.offset)
  const added = `${eol}${indent}${prefix}${print(value, indent, eol)}`
  if (comma >= 0) return put(text, endOfLine(text, comma + 1), 0, added)
  return put(put(text, endOfLine(text, end), 0, added), end, 0, ',')
}

/** What is between the brackets of an empty list or object, if only comments, stays in front. */
function fill(text: string, parent: Node, value: unknown, prefix: string): string {
  const eol = eolOf(text)
  const close = endOf(parent) - 1
  const outer = indentOf(text, parent.offset)
  const indent = `${outer}  `
  const added = `${indent}${prefix}${print(value, indent, eol)}${eol}${outer}`
  const lead = text.slice(parent.offset + 1, close)
  if (lead.trim() === '') return put(text, parent.offset + 1, lead.length, `${eol}${added}`)
  const kept = lead.trimEnd()
  return put(text, parent.offset + 1 + kept.length, lead.length - kept.length, `${eol}${added}`)
}

/** Takes the range out, and its line too where nothing else is on it. */
function clear(text: string, offset: number, length: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const newline = text.indexOf('\n', offset + length)
  const lineEnd = newline === -1 ? text.length : newline + 1
  const before = text.slice(lineStart, offset)
  const after = text.slice(offset + length, lineEnd)
  if (before.trim() === '' && after.trim() === '')
    return put(text, lineStart, lineEnd - lineStart, '')
  // One of the two gaps that were around it.
  const start =
    before.trim() === '' || /^\s/.test(after) ? offset : lineStart + before.trimEnd().length
  const gap = before.trim() !== '' && /^[ \t]/.test(after) ? 1 : 0
  return put(text, start, offset + length + gap - start, '')
}

export function hasValue(text: string, path: JSONPath): boolean {
  const root = parseTree(text, [], { allowTrailingComma: true })
  return root !== undefined && findNodeAtLocation(root, path) !== undefined
}

/** How the value at `path` is written. */
export function sourceOf(text: string, path: JSONPath): string {
  const node = nodeAt(text, path)
  return text.slice(node.offset, endOf(node))
}

function nodeAt(text: string, path: JSONPath): Node {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const node = root === undefined ? undefined : findNodeAtLocation(root, path)
  if (node === undefined) throw new TypeError('there is no such place in the policy')
  return node
}

function endOf(node: Node): number {
  return node.offset + node.length
}

function put(text: string, offset: number, length: number, content: string): string {
  return text.slice(0, offset) + content + text.slice(offset + length)
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** The white space that the line of `offset` begins with. */
function indentOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? ''
}

function startsLine(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return start > 0 && text.slice(start, offset).trim() === ''
}

/** Where the comma behind white space and comments is, or -1 when something else follows. */
function commaAfter(text: string, offset: number): number {
  const scanner = createScanner(text, false)
  scanner.setPosition(offset)
  let kind: number = scanner.scan()
  while (kind >= LINE_COMMENT && kind <= WHITE_SPACE) kind = scanner.scan()
  return kind === COMMA ? scanner.getTokenOffset() : -1
}

/** Behind the comments that share the line with what ends at `offset`. */
function endOfLine(text: string, offset: number): number {
  const scanner = createScanner(text, false)
  scanner.setPosition(offset)
  let end = offset
  for (;;) {
    const kind: number = scanner.scan()
    const stop = scanner.getTokenOffset() + scanner.getTokenLength()
    const isComment = kind === LINE_COMMENT || kind === BLOCK_COMMENT
    if (isComment && !text.slice(scanner.getTokenOffset(), stop).includes('\n')) end = stop
    else if (kind !== WHITE_SPACE) return kind === LINE_BREAK || isComment ? end : end
  }
}

/** What is short stays on one line; with `eol` null everything does. */
function print(value: unknown, indent: string, eol: string | null): string {
  if (Array.isArray(value))
    return printMany(
      '[',
      ']',
      value.map((item) => ['', item]),
      indent,
      eol,
    )
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
      `${JSON.stringify(key)}: `,
      item,
    ])
    return printMany('{', '}', entries, indent, eol)
  }
  return printPlain(value)
}

/** What an editor would not show, or would show in another place, such as in a server's name. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Inside JSON such characters only stand in texts, where the escape means the same. */
function printPlain(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (char) =>
    Array.from({ length: char.length }, (_, index) => escapeOf(char.charCodeAt(index))).join(''),
  )
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

const FITS = 80

function printMany(
  open: string,
  close: string,
  entries: readonly (readonly [string, unknown])[],
  indent: string,
  eol: string | null,
): string {
  if (entries.length === 0) return open + close
  const flat = entries.map(([key, item]) => key + print(item, '', null)).join(', ')
  const line = open === '{' ? `{ ${flat} }` : `[${flat}]`
  if (eol === null || line.length <= FITS) return line
  const inner = `${indent}  `
  const lines = entries.map(([key, item]) => inner + key + print(item, inner, eol))
  return [open, lines.join(`,${eol}`), indent + close].join(eol)
}
