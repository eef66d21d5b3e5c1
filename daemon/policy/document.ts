/** The policy file's text as a tree whose places are known. Total: bounded in depth, and wrong text is a diagnostic. */
import {
  createScanner,
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'

/** The format needs six; the parser recurses. */
const MAX_DEPTH = 32

export interface PolicyDocument {
  readonly root: Node
  /** The value at `path`, or what is nearest above it; `{ line, column }` from 1. */
  placeOf(path: JSONPath): Place
  /** The property itself, name and all. */
  placeOfKey(path: JSONPath): Place
}

export interface Place {
  readonly line: number
  readonly column: number
}

export type DocumentReading =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly diagnostics: readonly PolicyDiagnostic[] }

/** Comments, trailing commas and a byte order mark are fine. */
export function readDocument(source: string): DocumentReading {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  const at = (offset: number): Place => placeAt(text, offset)
  const deep = depthExceededAt(text)
  if (deep !== null) return failed(at(deep), 'nested too deep', 'write it as docs/policy.md shows')
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  if (root === undefined || root.type !== 'object') {
    const place = root === undefined ? { line: 1, column: 1 } : at(root.offset)
    return failed(place, 'no policy in it', 'write { "version": 1 }, or remove the file')
  }
  const error = errors[0]
  if (error !== undefined) return failed(at(error.offset), ...syntaxWords(error))
  const repeated = repeatedKeys(root).map((node) =>
    diagnostic(at(node.offset), 'this is written twice', 'keep one of the two'),
  )
  if (repeated.length > 0) return { ok: false, diagnostics: repeated }
  return { ok: true, document: documentOf(root, at) }
}

export function diagnostic(
  place: Place | null,
  message: string,
  advice: string | null,
  severity: PolicyDiagnostic['severity'] = 'error',
): PolicyDiagnostic {
  return { severity, line: place?.line ?? null, column: place?.column ?? null, message, advice }
}

function documentOf(root: Node, at: (offset: number) => Place): PolicyDocument {
  return {
    root,
    placeOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const node = findNodeAtLocation(root, path.slice(0, length))
        if (node !== undefined) return at(node.offset)
      }
      return at(root.offset)
    },
    placeOfKey(path) {
      const node = findNodeAtLocation(root, path)
      return at((node?.parent?.type === 'property' ? node.parent : (node ?? root)).offset)
    },
  }
}

function failed(place: Place, message: string, advice: string): DocumentReading {
  return { ok: false, diagnostics: [diagnostic(place, message, advice)] }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}

function depthExceededAt(text: string): number | null {
  const scanner = createScanner(text, true)
  let depth = 0
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const first = text[scanner.getTokenOffset()]
    if (first === '{' || first === '[') depth += 1
    else if (first === '}' || first === ']') depth -= 1
    if (depth > MAX_DEPTH) return scanner.getTokenOffset()
  }
  return null
}

/** RFC 8259 §4 leaves open which of two counts, so neither does. */
function repeatedKeys(node: Node): Node[] {
  const children = node.children ?? []
  const below = children.flatMap(repeatedKeys)
  if (node.type !== 'object') return below
  const seen = new Set<unknown>()
  const repeated = children.filter((property) => {
    const key: unknown = property.children?.[0]?.value
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
  return [...repeated, ...below]
}

/** Message and advice by the parser's names of its errors; the others have no better words than `NOT_JSON`. */
const SYNTAX: ReadonlyMap<string, readonly [message: string, advice: string]> = new Map([
  ['CommaExpected', ['a comma is missing', 'write a comma before this']],
  ['ColonExpected', ['a colon is missing', 'write "name": value']],
  ['PropertyNameExpected', ['a name in double quotes is missing', 'write "name": value']],
  [
    'ValueExpected',
    ['a value is missing', 'write a text in double quotes, a number, true, false, [ ] or { }'],
  ],
  ['CloseBraceExpected', ['a closing } is missing', 'write } where the object ends']],
  ['CloseBracketExpected', ['a closing ] is missing', 'write ] where the list ends']],
  ['EndOfFileExpected', ['something follows the policy', 'end the file after the last }']],
  ['UnexpectedEndOfComment', ['a comment does not end', 'write */ where it ends']],
  ['UnexpectedEndOfString', ['a text does not end', 'write " where it ends']],
  ['InvalidSymbol', ['not JSON', 'write texts in double quotes']],
])
const NOT_JSON = ['not JSON', 'write it as docs/policy.md shows'] as const

function syntaxWords(error: ParseError): readonly [message: string, advice: string] {
  return SYNTAX.get(printParseErrorCode(error.error)) ?? NOT_JSON
}
