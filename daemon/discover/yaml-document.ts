/** Reads YAML. Total. */
import { createRequire } from 'node:module'
import type { Node, Pair, Document as YamlFile } from 'yaml'
import type { KeyPath } from '../../shared/clients/row.ts'
import { type Document, failed, type Items, type Parsed, type Position } from './document.ts'

/** The parser is slow and makes much of little; no configuration is as long as this. */
const MAX_LENGTH = 512 * 1024
/** Lines, keys and elements, or quotes, anchors and tags: some 0.2 s of parsing. */
const MAX_MARKS = 20_000
const MAX_DEPTH = 100
/** With the values that aliases repeat. */
const MAX_VALUES = 100_000
const MAX_ALIASES = 100
/** Each is looked for from the top of the file. */
const MAX_STARS = 500

/** Text that the client runs as a program: what comes of it is open, as a placeholder is. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is a placeholder
const SCRIPT = { tag: 'tag:yaml.org,2002:js', resolve: () => '${js}' }

type Yaml = Pick<typeof import('yaml'), 'parseDocument' | 'LineCounter' | 'isMap' | 'isScalar'>

/** Loaded with the first file: few users have one, and the parser takes some megabytes. */
const load = (): Yaml => createRequire(import.meta.url)('yaml') as Yaml

/** `isList`: the file is a list, and not a map. */
export function parseYaml(source: string, isList = false): Parsed {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  if (text.length > MAX_LENGTH) return failed('larger than 512 KiB, too large for YAML', null)
  if (marksIn(text) > MAX_MARKS) return failed('holds too many values', null)
  if ((text.match(/[\s,[:]\*[^\s,\]}]/g)?.length ?? 0) > MAX_STARS)
    return failed('holds too many aliases', null)
  if (nestedTooDeeply(text)) return failed('nested too deeply', null)
  const yaml = load()
  const lines = new yaml.LineCounter()
  try {
    // `maxAliasCount` holds for what many aliases of aliases would become; cycles are refused below.
    const file = yaml.parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      logLevel: 'error',
      maxDepth: MAX_DEPTH,
      // Showing where is ours, and costs the parser a look at the whole file for each mistake.
      prettyErrors: false,
      customTags: [SCRIPT],
    } as object)
    const [error] = file.errors
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0])
      return failed('not valid YAML', { line, column: col })
    }
    const root: unknown = file.toJS({ maxAliasCount: MAX_ALIASES })
    const excess = excessOf(root)
    if (excess !== null) return failed(excess, null)
    if (root !== null && root !== undefined && !(isList ? Array.isArray(root) : isMap(root)))
      return failed(isList ? 'not a YAML list' : 'not a YAML map', null)
    return { ok: true, document: documentOf(file, root ?? {}, yaml, lines) }
  } catch {
    // Its messages show lines of the file. What it throws instead of reporting is too much of something.
    return failed('not valid YAML, or its aliases repeat too much', null)
  }
}

function documentOf(
  file: YamlFile,
  root: unknown,
  yaml: Yaml,
  lines: InstanceType<Yaml['LineCounter']>,
): Document {
  const place = (node: unknown): Position | null => {
    const start = (node as Node | null | undefined)?.range?.[0]
    if (start === undefined) return null
    const { line, col } = lines.linePos(start)
    return { line, column: col }
  }
  const value = (path: KeyPath): unknown => {
    let at = root
    for (const key of path) {
      if (!isMap(at) || !Object.hasOwn(at, key)) return undefined
      at = at[key]
    }
    return at
  }
  const pairsAt = (path: KeyPath): readonly Pair[] => {
    const node: unknown = path.length === 0 ? file.contents : file.getIn(path, true)
    return yaml.isMap(node) ? node.items : []
  }
  const keyOf = ({ key }: Pair): string => String(yaml.isScalar(key) ? key.value : key)
  return {
    value,
    items(path): Items {
      const map = value(path)
      if (map === undefined || map === null) return { kind: 'absent' }
      if (!isMap(map)) return { kind: 'not-a-map', position: null }
      const pairs = pairsAt(path)
      const items = Object.entries(map).map(([key, member]) => ({
        key,
        value: () => member,
        position: place(pairs.findLast((pair) => keyOf(pair) === key)?.key),
        // Of two members with one key the parser keeps the last; the first is not to be had.
        replaced: false,
      }))
      return { kind: 'items', items }
    },
  }
}

/** Of whichever kind there are more: what makes a value, or what goes in front of one. */
function marksIn(text: string): number {
  let values = 0
  let properties = 0
  for (let index = 0; index < text.length; index += 1) {
    const at = text[index] ?? ' '
    if (',:-?[{\n\r'.includes(at)) values += 1
    else if ('"\'&!'.includes(at)) properties += 1
  }
  return Math.max(values, properties)
}

/** Brackets and block markers that open more levels than any file has; the parser recurses. */
function nestedTooDeeply(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const at = text[index]
    if (at === '[' || at === '{') depth += 1
    else if (at === ']' || at === '}') depth -= 1
    if (depth > MAX_DEPTH * 2) return true
  }
  return /(?:[-?:] ){100}/.test(text)
}

/** Walks what aliases made of the file: each path to a value counts, and one that leads into itself never ends. */
function excessOf(root: unknown): string | null {
  let values = 0
  const open = new Set<object>()
  const visit = (value: unknown): string | null => {
    values += 1
    if (values > MAX_VALUES) return 'holds too many values'
    if (typeof value !== 'object' || value === null) return null
    if (open.has(value)) return 'an alias leads into itself'
    if (open.size >= MAX_DEPTH) return 'nested too deeply'
    open.add(value)
    for (const member of Object.values(value)) {
      const excess = visit(member)
      if (excess !== null) return excess
    }
    open.delete(value)
    return null
  }
  return visit(root)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
