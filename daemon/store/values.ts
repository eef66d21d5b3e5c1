/** JavaScript values as columns hold them. */

/** STRICT tables refuse 1.5 in an INTEGER column; times that were derived from clock ticks have fractions. */
export function whole(value: number): number {
  return Math.round(value)
}

export function wholeOrNull(value: number | null): number | null {
  return value === null ? null : Math.round(value)
}

export function bit(value: boolean): 0 | 1 {
  return value ? 1 : 0
}

/** A JSON array column; anything else counts as empty, so that one bad row spoils no answer. */
export function jsonArray(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
