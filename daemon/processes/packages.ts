/** Which package a file belongs to, by the metadata installed beside it. Never throws; reads regular files only. */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isOutOfFiles } from '../../shared/errors.ts'
import { forgetOldest } from '../../shared/forget-oldest.ts'
import type { PackageRef } from '../../shared/model/server.ts'
import type { Clock, Packages } from '../ports.ts'
import { pythonPackageOf } from './python-package.ts'

const MAX_LEVELS = 40
const MAX_BYTES = 1024 * 1024
const MAX_REMEMBERED = 1000
const TRUSTED_FOR_MS = 10_000

/** One package.json as read, and what tells that it was written since. */
interface Manifest {
  readonly file: string
  readonly stamp: string
  readonly package: PackageRef | null
  /** False: it names no package (`{"type":"module"}`), so the search goes on above it. */
  readonly named: boolean
}

/** The answer for one path, and the manifest it came from (null: none found, or a Python package). */
interface Remembered {
  readonly answer: PackageRef | null
  readonly manifest: Manifest | null
  readonly checkedAt: number
}

/** Answers are remembered and looked at again once they are 10 s old; a manifest is parsed again when it changed. */
export function createPackages(clock: Pick<Clock, 'monotonicMs'>): Packages {
  const remembered = new Map<string, Remembered>()
  return {
    packageOf(realPath) {
      const now = clock.monotonicMs()
      const last = remembered.get(realPath)
      if (last !== undefined && now - last.checkedAt < TRUSTED_FOR_MS) return last.answer
      const python = pythonPackageOf(realPath)
      const manifest = python === null ? nearestManifest(realPath, last?.manifest ?? null) : null
      const answer = python ?? manifest?.package ?? null
      remembered.delete(realPath)
      remembered.set(realPath, { answer, manifest, checkedAt: now })
      forgetOldest(remembered, MAX_REMEMBERED)
      return answer
    },
  }
}

/** Walks up from the file (or folder) itself; what is above a `node_modules` is another package's business. */
function nearestManifest(path: string, last: Manifest | null): Manifest | null {
  let folder = path
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    if (basename(folder) === 'node_modules') return null
    const manifest = readManifest(join(folder, 'package.json'), last)
    if (manifest?.named === true) return manifest
    const above = dirname(folder)
    if (above === folder) return null
    folder = above
  }
  return null
}

function readManifest(file: string, last: Manifest | null): Manifest | null {
  let descriptor: number | null = null
  try {
    // O_NONBLOCK: a FIFO in its place must not hang us (open(2)).
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size > MAX_BYTES) return null
    const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}`
    if (last !== null && last.file === file && last.stamp === stamp) return last
    const bytes = Buffer.alloc(stat.size)
    const length = readSync(descriptor, bytes, 0, stat.size, 0)
    return { file, stamp, ...parseManifest(bytes.toString('utf8', 0, length)) }
  } catch (error) {
    return isOutOfFiles(error) && last?.file === file ? last : null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Name and version of a package.json; a name that npm would refuse is no package, but ends the search. */
export function parseManifest(text: string): Pick<Manifest, 'package' | 'named'> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { package: null, named: false }
  }
  if (typeof value !== 'object' || value === null || !('name' in value))
    return { package: null, named: false }
  if (typeof value.name !== 'string') return { package: null, named: false }
  if (!isNpmName(value.name)) return { package: null, named: true }
  const version = 'version' in value ? value.version : null
  return {
    package: { ecosystem: 'npm', name: value.name, version: isVersion(version) ? version : null },
    named: true,
  }
}

function isNpmName(name: string): boolean {
  return name.length <= 214 && /^(@[\w~-][\w.~-]*\/)?[a-z\d~-][\w.~-]*$/i.test(name)
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^[\dA-Za-z.+-]{1,64}$/.test(value)
}
