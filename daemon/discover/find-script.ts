/** From the paths that a command line names to the first that is there. */
import { realpathSync, statSync } from 'node:fs'
import type { ScriptRef } from '../../shared/model/server.ts'
import type { Packages } from '../ports.ts'

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    return false
  }
}

/** Null if none of `paths` is a file. */
export function findScript(paths: readonly string[], packages: Packages): ScriptRef | null {
  for (const path of paths) {
    if (!isFile(path)) continue
    const realPath = realPathOf(path)
    if (realPath === null) continue
    const found = packages.packageOf(realPath)
    // A Python script in a repository that has a package.json is no part of that npm package.
    const foreign = /\.pyw?$/.test(realPath) && found?.ecosystem === 'npm'
    return { path, realPath, package: foreign ? null : found }
  }
  return null
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
