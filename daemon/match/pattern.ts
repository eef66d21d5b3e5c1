/** Comparing configured words with running ones. A configured word is kept as one string, see `encodePattern`. */
import { HOLE, splitWords } from '../../shared/argv/words.ts'
import type { ArgPattern, Launch } from '../../shared/model/server.ts'

const DIGEST = HOLE + HOLE

/**
 * One string for an `ArgPattern`: a literal is itself, a glob has a HOLE for each run of placeholders, a digest begins
 * with two HOLEs. Null for text with a NUL of its own: no such command can be executed.
 */
export function encodePattern(pattern: ArgPattern): string | null {
  switch (pattern.kind) {
    case 'literal':
      return pattern.value.includes(HOLE) ? null : pattern.value
    case 'glob': {
      if (pattern.parts.some((part) => part.includes(HOLE))) return null
      const filled = pattern.parts.filter((part, index) => part !== '' || isEdge(pattern, index))
      return filled.join(HOLE)
    }
    case 'digest':
      return DIGEST + pattern.digest
  }
}

function isEdge(pattern: { readonly parts: readonly string[] }, index: number): boolean {
  return index === 0 || index === pattern.parts.length - 1
}

/** The configured command line as encoded words, command first; null when it cannot be executed. */
export function encodeLaunch(launch: Launch): readonly string[] | null {
  const words: string[] = []
  for (const pattern of [launch.command, ...launch.args]) {
    const word = encodePattern(pattern)
    if (word === null) return null
    words.push(word)
  }
  return words
}

/** `all`: the same arguments. `some`: one list is part of the other, in order. */
export type Agreement = 'all' | 'some' | 'none'

/** How running words came to be: as passed, or as words of one string, maybe with flags left out (npm's title). */
export type WordForm = 'given' | 'joined' | 'shortened'

export interface Matcher {
  /** Whether a running word can be what the encoded word stands for. */
  word(encoded: string, word: string): boolean
  /** How far the configured arguments agree with the running ones. */
  compare(encoded: readonly string[], words: readonly string[], form: WordForm): Agreement
}

/** Digests are computed once a word: the same few words are compared with many servers. */
export function createMatcher(digest: (text: string) => string): Matcher {
  const digests = new Map<string, string>()
  const digestOf = (word: string): string => {
    const known = digests.get(word)
    if (known !== undefined) return known
    const fresh = digest(word)
    digests.set(word, fresh)
    return fresh
  }
  const word = (encoded: string, running: string): boolean => {
    if (!encoded.includes(HOLE)) return encoded === running
    if (encoded.startsWith(DIGEST)) return digestOf(running) === encoded.slice(DIGEST.length)
    return fitsGlob(encoded.split(HOLE), running)
  }
  return { word, compare: (encoded, words, form) => compare(encoded, words, form, word) }
}

function compare(
  encoded: readonly string[],
  words: readonly string[],
  form: WordForm,
  same: (encoded: string, word: string) => boolean,
): Agreement {
  if (form === 'given') return compareLists(encoded, words, same)
  const split = encoded.flatMap((word) => (word.startsWith(DIGEST) ? [word] : splitWords(word)))
  // npm hides passwords of addresses in its title as ***
  const sameOrHidden = (pattern: string, word: string): boolean =>
    same(pattern, word) || word.includes('***')
  const sameWord = form === 'shortened' ? sameOrHidden : same
  const agreement = compareLists(split, words, sameWord)
  if (agreement === 'all' || fitsSpread(split, words, sameWord)) return 'all'
  if (agreement === 'some') return 'some'
  if (form !== 'shortened') return 'none'
  const left = split.filter((word) => !word.startsWith('-'))
  if (words.length === 0) return left.length === 0 ? 'some' : 'none'
  return isSubsequence(words, split, (word, pattern) => sameOrHidden(pattern, word))
    ? 'some'
    : 'none'
}

function compareLists(
  encoded: readonly string[],
  words: readonly string[],
  same: (encoded: string, word: string) => boolean,
): Agreement {
  if (encoded.length > words.length) return 'none'
  if (!isSubsequence(encoded, words, same)) return 'none'
  return encoded.length === words.length ? 'all' : 'some'
}

/** So many words of one string are looked through for what fits a placeholder. */
const MAX_SPREAD = 100

/** As `all`, where a placeholder may stand for text with spaces, and so for several words. */
function fitsSpread(
  encoded: readonly string[],
  words: readonly string[],
  same: (encoded: string, word: string) => boolean,
): boolean {
  const isOpen = (word: string): boolean => word.includes(HOLE) && !word.startsWith(DIGEST)
  if (words.length > MAX_SPREAD || words.length < encoded.length || !encoded.some(isOpen))
    return false
  let ends = new Set([0])
  for (const word of encoded) {
    const next = new Set<number>()
    for (const start of ends) {
      const longest = isOpen(word) ? words.length : start + 1
      for (let end = start + 1; end <= longest && end <= words.length; end += 1)
        if (!next.has(end) && same(word, words.slice(start, end).join(' '))) next.add(end)
    }
    ends = next
  }
  return ends.has(words.length)
}

function isSubsequence(
  short: readonly string[],
  long: readonly string[],
  same: (short: string, long: string) => boolean,
): boolean {
  let found = 0
  for (const item of long) {
    const wanted = short[found]
    if (wanted === undefined) return true
    if (same(wanted, item)) found += 1
  }
  return found === short.length
}

/** Whether `text` is the parts in order with anything between them. */
function fitsGlob(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  if (text.length < first.length + last.length) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
