/** "Did you mean …?" */

/** Longer texts are no slips of a known word, and comparing them costs their product. */
const LONGEST = 64

/** The known word with the fewest edits (at most a third of its length), or null. Case does not count. */
export function closest(word: string, known: readonly string[]): string | null {
  if (word.length > LONGEST) return null
  const wanted = word.toLowerCase()
  let best: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (candidate.length > LONGEST) continue
    const edits = distance(wanted, candidate.toLowerCase())
    if (edits < least && edits <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** Levenshtein's: characters put in, taken out or replaced. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, char] of [...left].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (right[column - 1] === char ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
