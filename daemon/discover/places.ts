/** The folders that projects are in. */
import { existsSync, realpathSync } from 'node:fs'
import { posix } from 'node:path'

const MAX_LEVELS = 40
const MAX_REMEMBERED = 5000

/** Gives the folder as the file system names it, remembered; itself where it does not exist. */
export function createRealFolder(): (folder: string) => string {
  const realNames = new Map<string, string>()
  return (folder) => {
    const known = realNames.get(folder)
    if (known !== undefined) return known
    // Most that clients remember are gone; asking first is cheaper than an error each time.
    if (!existsSync(folder)) return folder
    try {
      const real = realpathSync(folder)
      if (realNames.size >= MAX_REMEMBERED) realNames.clear()
      realNames.set(folder, real)
      return real
    } catch {
      return folder
    }
  }
}

/**
 * The folders whose project files a client that works in `folder` may read: it and those above, up to the root of the
 * repository or the home folder, both included. Never the file system's root.
 */
export function foldersUpwards(
  folder: string,
  home: string,
  exists: (path: string) => boolean = existsSync,
): string[] {
  if (!folder.startsWith('/') || folder.includes('\0')) return []
  const found: string[] = []
  let at = posix.normalize(folder).replace(/(?<=.)\/$/, '')
  while (at !== '/' && found.length < MAX_LEVELS) {
    found.push(at)
    if (at === home || exists(`${at}/.git`)) break
    at = posix.dirname(at)
  }
  return found
}
