/** Looks a running server up among the known ones, by what runs and never by the name the user gave it. */
import { normalisePythonName } from '../argv/package-spec.ts'
import type { Ecosystem, PackageRef } from '../model/server.ts'
import { CATALOGUE } from './catalogue.ts'
import type { KnownServer } from './known-server.ts'

const ECOSYSTEMS: readonly Ecosystem[] = ['npm', 'pypi', 'image']

/**
 * The entry for a package or image, else for a binary's basename, else null. A package that is not known is not
 * looked up by its binary: its own name says what it is.
 */
export function findInCatalogue(pkg: PackageRef | null, binary: string | null): KnownServer | null {
  if (pkg !== null) return BY_PACKAGE.get(keyOf(pkg.ecosystem, pkg.name)) ?? null
  return binary === null ? null : (BY_BINARY.get(binary) ?? null)
}

/** One key for all spellings that the ecosystem treats as the same name. */
export function keyOf(ecosystem: Ecosystem, name: string): string {
  switch (ecosystem) {
    case 'npm':
      return `npm ${name}`
    case 'pypi':
      return `pypi ${normalisePythonName(name)}`
    case 'image':
      return `image ${plainImage(name.toLowerCase())}`
  }
}

/**
 * Without the host that a reference without one means (distribution/reference, "familiar name"). Any other host in
 * front makes it another image.
 */
function plainImage(name: string): string {
  return name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '')
}

const BY_PACKAGE: ReadonlyMap<string, KnownServer> = new Map(
  CATALOGUE.flatMap((server) =>
    ECOSYSTEMS.flatMap((ecosystem) =>
      server[ecosystem].map((name) => [keyOf(ecosystem, name), server] as const),
    ),
  ),
)

const BY_BINARY: ReadonlyMap<string, KnownServer> = new Map(
  CATALOGUE.flatMap((server) => server.binaries.map((name) => [name, server] as const)),
)
