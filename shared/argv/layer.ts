/** One wrapper around a command line. */
import { HOLE } from './words.ts'

/**
 * Where the wrapped program is to be found:
 * - `replaces`: the wrapper executes it in its own place (env, nice …).
 * - `helper`: as `only-child`, but put there by the client, not by the configuration (disclaimer).
 * - `only-child`: the wrapper stays and starts nothing else (`sh -c` with one simple command).
 * - `among-children`: the wrapper stays and may start other programs first (uv run builds the project).
 */
export type Position = 'replaces' | 'helper' | 'only-child' | 'among-children'

export interface Layer {
  readonly position: Position
  /** The wrapped command line; empty when nothing is wrapped. */
  readonly argv: readonly string[]
  /** Folder that the wrapper changes to (`uv run --directory`, `cd x &&`). */
  readonly directory: string | null
}

export function layer(
  position: Position,
  argv: readonly string[],
  directory: string | null = null,
): Layer {
  return { position, argv, directory }
}

/** The words after leading `NAME=value`. A configured value may be secret: of such a word only a digest is kept. */
export function withoutAssignments(words: readonly string[]): readonly string[] {
  const start = words.findIndex(
    (word) => !/^[A-Za-z_]\w*=/.test(word) && !word.startsWith(HOLE + HOLE),
  )
  return start < 0 ? [] : words.slice(start)
}
