/** Path arithmetic on text alone: pure rooms do not ask the file system. POSIX paths only. */

/** `target` seen from `folder`, without `.`, `..` and doubled slashes; null when neither is absolute. */
export function resolvePath(folder: string | null, target: string): string | null {
  const joined = target.startsWith('/') ? target : `${folder ?? ''}/${target}`
  if (!target.startsWith('/') && !(folder ?? '').startsWith('/')) return null
  const parts: string[] = []
  for (const part of joined.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Whether `path` is `folder` or lies below it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
