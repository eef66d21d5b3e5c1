/** The last part of a path, without node:path: this is for pure rooms. */

/** What follows the last slash; trailing slashes do not count. `/` and the empty text give themselves. */
export function basename(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end -= 1
  const trimmed = path.slice(0, end)
  return trimmed === '/' ? trimmed : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}
