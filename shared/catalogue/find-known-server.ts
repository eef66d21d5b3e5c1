/** Looks a running server up among the known ones, by what runs and never by the name the user gave it. */
import type { Ecosystem, PackageRef } from '../model/server.ts'
import { type KnownServer, LOCAL_SERVERS } from './local-servers.ts'

/**
 * The entry for a package or image, else for a binary's basename, else null. A package that is not known is not
 * looked up by its binary: its own name says what it is.
 */
export function findKnownServer(pkg: PackageRef | null, binary: string | null): KnownServer | null {
  if (pkg !== null) {
    const name = normalName(pkg.ecosystem, pkg.name)
    return LOCAL_SERVERS.find((server) => server[pkg.ecosystem].includes(name)) ?? null
  }
  if (binary === null) return null
  return LOCAL_SERVERS.find((server) => server.binaries.includes(binary)) ?? null
}

/** The one spelling of a name that its ecosystem treats as equal to others. */
function normalName(ecosystem: Ecosystem, name: string): string {
  switch (ecosystem) {
    case 'npm':
      return name
    case 'pypi':
      // PEP 503: case and runs of `-`, `_`, `.` do not tell names apart. One entry is written with a dot.
      return LOCAL_PYPI.get(foldPypi(name)) ?? name
    case 'image':
      return name.toLowerCase()
  }
}

function foldPypi(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

const LOCAL_PYPI: ReadonlyMap<string, string> = new Map(
  LOCAL_SERVERS.flatMap((server) => server.pypi.map((name) => [foldPypi(name), name] as const)),
)
