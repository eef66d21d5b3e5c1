/** Shorter forms of text for the eye. */

/** At most `max` code points (at least 1); where something was cut, the last of them is an ellipsis. */
export function truncate(text: string, max: number): string {
  const limit = Math.max(1, Math.floor(max))
  if (text.length <= limit) return text
  const points: string[] = []
  for (const point of text) {
    if (points.length === limit) return `${points.slice(0, limit - 1).join('')}…`
    points.push(point)
  }
  return text
}
