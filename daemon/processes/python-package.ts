/** The Python distribution that installed a command `<environment>/bin/NAME`, by its dist-info folder. Never throws. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { PackageRef } from '../../shared/model/server.ts'

const MAX_PYTHONS = 8
const MAX_NAME_LENGTH = 214

/** Null unless a distribution of the command's own name is installed in that environment. */
export function pythonPackageOf(realPath: string): PackageRef | null {
  const folder = dirname(realPath)
  if (basename(folder) !== 'bin') return null
  const name = basename(realPath)
  if (name.length > MAX_NAME_LENGTH || !/^[A-Za-z\d]([\w.-]*[A-Za-z\d])?$/.test(name)) return null
  const libraries = join(dirname(folder), 'lib')
  const pythons = list(libraries).filter((entry) => /^python\d+(\.\d+)?t?$/.test(entry))
  for (const python of pythons.slice(0, MAX_PYTHONS)) {
    const version = installedVersion(list(join(libraries, python, 'site-packages')), name)
    if (version !== null) return { ecosystem: 'pypi', name, version: version.version }
  }
  return null
}

/** Names are compared as PEP 503 says: case and the kind of separator do not count. */
function installedVersion(
  entries: readonly string[],
  name: string,
): { readonly version: string | null } | null {
  const wanted = normalise(name)
  for (const entry of entries) {
    const match = /^(.+?)-([^-]+)\.dist-info$/.exec(entry)
    if (match === null || normalise(match[1] ?? '') !== wanted) continue
    const version = match[2] ?? ''
    return { version: /^[\dA-Za-z.+]{1,64}$/.test(version) ? version : null }
  }
  return null
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
