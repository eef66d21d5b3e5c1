/** Where to look: the files of the clients' table, with `*` filled in, and the folders that projects are in. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import type { LocatedFile } from '../../shared/clients/paths.ts'
import { type Candidate, clientCandidate } from './candidate.ts'

const MAX_MATCHES = 1000
const MAX_LEVELS = 40
const MAX_REMEMBERED = 5000
/** As for files: a folder's stamp that is this young may hide one more change. */
const STAMP_DOUBT_MS = 100

/** Remembers what folders hold until their stamp changes. */
export interface Places {
  candidatesOf(located: readonly LocatedFile[], wallMs: number): readonly Candidate[]
  /** The folder as the file system names it; itself where it does not exist. */
  realFolder(folder: string): string
}

export function createPlaces(): Places {
  const listings = new Map<string, { stamp: string; names: readonly string[] }>()
  const realNames = new Map<string, string>()

  const namesIn = (folder: string, wallMs: number): readonly string[] => {
    try {
      const stat = statSync(folder, { bigint: true, throwIfNoEntry: false })
      if (stat === undefined) return []
      const stamp = `${stat.ino}:${stat.mtimeNs}`
      const known = listings.get(folder)
      if (known?.stamp === stamp) return known.names
      const names = readdirSync(folder).sort()
      const young = Math.abs(wallMs - Number(stat.mtimeNs / 1_000_000n)) < STAMP_DOUBT_MS
      listings.set(folder, { stamp: young ? '' : stamp, names })
      return names
    } catch {
      return [] // not a folder, or not ours to list
    }
  }

  return {
    candidatesOf: (located, wallMs) =>
      located.flatMap((file) =>
        file.file.path.includes('*')
          ? expandStar(file.path, (folder) => namesIn(folder, wallMs)).map(({ path, star }) =>
              clientCandidate(file, path, star),
            )
          : [clientCandidate(file, file.path, null)],
      ),
    realFolder(folder) {
      const known = realNames.get(folder)
      if (known !== undefined) return known
      try {
        const real = realpathSync(folder)
        if (realNames.size >= MAX_REMEMBERED) realNames.clear()
        realNames.set(folder, real)
        return real
      } catch {
        return folder
      }
    },
  }
}

/** Fills in the last `*` of a path from the names in its folder: a home folder may have one of its own. */
function expandStar(
  path: string,
  namesIn: (folder: string) => readonly string[],
): { path: string; star: string }[] {
  const at = path.lastIndexOf('*')
  const folder = path.slice(0, path.lastIndexOf('/', at))
  const before = path.slice(folder.length + 1, at)
  const end = path.indexOf('/', at)
  const after = path.slice(at + 1, end < 0 ? path.length : end)
  const rest = end < 0 ? '' : path.slice(end)
  return namesIn(folder)
    .filter((name) => name.length > before.length + after.length)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .slice(0, MAX_MATCHES)
    .map((name) => ({
      path: `${folder}/${name}${rest}`,
      star: name.slice(before.length, name.length - after.length),
    }))
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
