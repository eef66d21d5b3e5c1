/** Turns configured text into what may be kept of it. Pure. */
import type { ArgPattern } from '../../shared/model/server.ts'
import { hasSecretShape, looksSecret } from '../../shared/text/secret.ts'
import type { Pieces } from './placeholders.ts'

export type Digest = (text: string) => string

/** Where text is open; no configured text that can be run has it. */
const OPEN = '\0'

/** Matches any argument. */
export const ANY = { kind: 'glob', parts: ['', ''] } as const satisfies ArgPattern

/**
 * The pattern of one argument; `before` is the argument before it as written, null for the first.
 * `~/x` matches `~/x` and `/home/me/x`: some clients replace the tilde, others pass it on.
 */
export function argumentPattern(pieces: Pieces, before: string | null, digest: Digest): ArgPattern {
  return pattern(pieces, (text) => looksSecret(before, text), digest)
}

/**
 * The pattern of text that a shell runs (`sh -c TEXT`). Only its secret words are left open: kept by its hash, it could
 * not be told what it runs.
 */
export function shellTextPattern(pieces: Pieces, digest: Digest): ArgPattern {
  const whole = argumentPattern(pieces, null, digest)
  const isSecret = (text: string): boolean => looksSecret(null, text)
  if (whole.kind === 'literal' || !pieces.some((piece) => piece !== null && /\s/.test(piece)))
    return whole
  const text = joined(pieces)
  const parts = withoutSecrets(text)?.split(OPEN) ?? []
  // the name of a variable whose value is left out is none
  const kept = parts.map((part) => part.replace(/(?<=^|\s)[A-Za-z_]\w*=$/, ''))
  return parts.length < 2 || kept.some(isSecret)
    ? whole
    : { kind: 'glob', parts, digest: digest(text) }
}

/** Words as a shell takes them: quotes hold together what is between them. */
const SHELL_WORD = /(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+|(['"\\])/gs
const COMMAND_END = /(?<!\\)[;&|]+$/
/** What names a value says nothing of it. */
const NAME = /^-{0,2}[A-Za-z_][\w.-]*=/

/** Null where a quote is not closed, so that it cannot be told where a secret ends. */
function withoutSecrets(text: string): string | null {
  let before: string | null = null
  let closed = true
  const opened = text.replace(SHELL_WORD, (token: string, quote: string | undefined) => {
    if (quote !== undefined) closed = false
    // what ends a command is no part of its last word
    const end = COMMAND_END.exec(token)?.[0] ?? ''
    const word = token.slice(0, token.length - end.length)
    const isSecret = looksSecret(before, word.replaceAll(OPEN, ''))
    before = word
    return isSecret ? `${NAME.exec(word)?.[0] ?? ''}${OPEN}${end}` : token
  })
  return closed ? opened : null
}

/** The pattern of the command. Hashes in its path are no secrets. */
export function commandPattern(pieces: Pieces, digest: Digest): ArgPattern {
  return pattern(pieces, (text) => hasSecretShape(null, text), digest)
}

function pattern(pieces: Pieces, isSecret: (text: string) => boolean, digest: Digest): ArgPattern {
  const [only, ...others] = pieces
  if (others.length === 0 && typeof only === 'string') {
    if (isSecret(only)) return { kind: 'digest', digest: digest(only) }
    if (only.startsWith('~/')) return { kind: 'glob', parts: ['', only.slice(1)] }
    return { kind: 'literal', value: only }
  }
  const literal = pieces.filter((piece) => piece !== null)
  // The hash is of no use to compare processes with, as the open parts are not known.
  if (isSecret(literal.join('')) || literal.some(isSecret))
    return { ...ANY, digest: digest(joined(pieces)) }
  return { kind: 'glob', parts: partsOf(pieces) }
}

function joined(pieces: Pieces): string {
  return pieces.map((piece) => piece ?? OPEN).join('')
}

/** Text around the open places: n of them make n + 1 parts. */
function partsOf(pieces: Pieces): string[] {
  const parts = ['']
  for (const piece of pieces) {
    if (piece === null) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}
