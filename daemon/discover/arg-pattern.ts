/** Turns configured text into what may be kept of it. Pure. */
import type { ArgPattern } from '../../shared/model/server.ts'
import { hasSecretShape, looksSecret } from '../../shared/text/secret.ts'
import type { Pieces } from './placeholders.ts'

export type Digest = (text: string) => string

/** Matches any argument. */
export const ANY: ArgPattern = { kind: 'glob', parts: ['', ''] }

/**
 * The pattern of one argument; `before` is the argument before it as written, null for the first.
 * `~/x` matches `~/x` and `/home/me/x`: some clients replace the tilde, others pass it on.
 */
export function argumentPattern(pieces: Pieces, before: string | null, digest: Digest): ArgPattern {
  return pattern(pieces, (text) => looksSecret(before, text), digest)
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
  // The whole cannot be hashed, its open parts are not known; so of a secret nothing at all is kept.
  if (isSecret(literal.join('')) || literal.some(isSecret)) return ANY
  return { kind: 'glob', parts: partsOf(pieces) }
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
