/** JSON as text that is safe on a terminal too. */

/**
 * What JSON.stringify leaves as it is although a terminal may obey it or show other text in another order: DEL and
 * the C1 controls (ECMA-48), zero-width and bidirectional marks, line and paragraph separators.
 */
const RISKY = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Indented, with a line end. The parsed value is the same as the given one. */
export function jsonText(value: unknown): string {
  return `${escapeRisky(JSON.stringify(value, null, 2))}\n`
}

/** On one line, with a line end. */
export function jsonLine(value: unknown): string {
  return `${escapeRisky(JSON.stringify(value))}\n`
}

/** Inside JSON these characters only stand in strings, so the escape means the same. */
function escapeRisky(json: string): string {
  return json.replace(RISKY, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
