/** Looks at JSON before it is parsed, for what would cost the parser too much. Pure; makes nothing, so it may look at anything. */

/** The parser recurses; no real file is nested a tenth as deep. */
const MAX_DEPTH = 200
/** Some 100 MB of tree; files of many megabytes hold long texts, not many values. */
const MAX_TOKENS = 1_000_000

export interface Excess {
  readonly offset: number
  readonly message: string
}

/** Where the text gets beyond the limits, or null. Comments and strings count as what they are, closed or not. */
export function firstExcess(text: string): Excess | null {
  let depth = 0
  let tokens = 0
  let offset = 0
  while (offset < text.length) {
    const kind = kindOf(text, offset)
    if (kind === 'open') depth += 1
    else if (kind === 'close') depth -= 1
    if (kind !== 'nothing' && kind !== 'comment') tokens += 1
    if (depth > MAX_DEPTH) return { offset, message: 'nested too deeply' }
    if (tokens > MAX_TOKENS) return { offset, message: 'holds too many values' }
    offset = endOf(kind, text, offset)
  }
  return null
}

type Kind = 'nothing' | 'open' | 'close' | 'mark' | 'text' | 'comment' | 'word'

const KINDS: ReadonlyMap<string | undefined, Kind> = new Map([
  ...[' ', '\t', '\n', '\r'].map((at) => [at, 'nothing'] as const),
  ...['{', '['].map((at) => [at, 'open'] as const),
  ...['}', ']'].map((at) => [at, 'close'] as const),
  ...[',', ':', '/'].map((at) => [at, 'mark'] as const),
  ['"', 'text'],
])

function kindOf(text: string, offset: number): Kind {
  const kind = KINDS.get(text[offset]) ?? 'word'
  const isComment = text[offset] === '/' && '/*'.includes(text[offset + 1] ?? ' ')
  return isComment ? 'comment' : kind
}

function endOf(kind: Kind, text: string, offset: number): number {
  switch (kind) {
    case 'nothing':
    case 'open':
    case 'close':
    case 'mark':
      return offset + 1
    case 'text':
      return endOfText(text, offset + 1)
    case 'comment': {
      const close = text[offset + 1] === '/' ? '\n' : '*/'
      const end = text.indexOf(close, offset + 2)
      return end < 0 ? text.length : end + close.length
    }
    case 'word': {
      let end = offset + 1
      while (end < text.length && kindOf(text, end) === 'word') end += 1
      return end
    }
  }
}

/** A string ends at its quote, or with the line. */
function endOfText(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const at = text[index]
    if (at === '"' || at === '\n' || at === '\r') return index + 1
    if (at === '\\') index += 1
  }
  return text.length
}
