/** The package a configuration entry names. */
import { toPackageRef } from '../../shared/argv/package-spec.ts'
import type { PackageRef, Server } from '../../shared/model/server.ts'
import { createSignature } from './signature.ts'

/**
 * The package that the entry's launcher is told to run (npx, uvx, docker run …), else the one whose files its script
 * belongs to; null for remote servers and where nothing tells.
 */
export function configuredPackage(server: Server): PackageRef | null {
  const core = createSignature(server)?.invocation.core
  if (core?.kind === 'package') {
    const found = toPackageRef(core.ecosystem, core.spec)
    if (found !== null) return found
  }
  if (core?.kind === 'image') return toPackageRef('image', core.image)
  return server.launch?.script?.package ?? null
}
