/** Which Node runs this program. Imported before anything else, so it must import nothing itself. */

/** The lowest minor version that will do, by major version; every major from `EVERY_FROM` on will do. */
const LOWEST_MINOR: ReadonlyMap<number, number> = new Map([
  [20, 19],
  [22, 14],
])
const EVERY_FROM = 24

/** Null when this Node will do (`^20.19 || ^22.14 || >=24`, as in package.json), else one sentence saying why not. */
export function nodeRefusal(version: string): string | null {
  const parts = /^v?(\d+)\.(\d+)\./.exec(version)
  const major = Number(parts?.[1])
  const lowest = LOWEST_MINOR.get(major)
  if (major >= EVERY_FROM) return null
  if (lowest !== undefined && Number(parts?.[2]) >= lowest) return null
  return `Node ${version} will not do; use Node 20.19 or later in its line, 22.14 or later in its line, or 24 and above`
}
