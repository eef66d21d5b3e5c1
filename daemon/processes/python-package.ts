/** The Python distribution that installed a command `<environment>/bin/NAME`, by its dist-info folder. Never throws. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { declaresCommand } from '../../shared/argv/entry-points.ts'
import { normalisePythonName } from '../../shared/argv/package-spec.ts'
import type { PackageRef } from '../../shared/model/server.ts'

const MAX_PYTHONS = 8
const MAX_NAME_LENGTH = 214
/** An environment made for one tool has tens; what has more is somebody's whole system. */
const MAX_DISTRIBUTIONS = 300
const MAX_BYTES = 64 * 1024

interface Distribution {
  readonly folder: string
  /** Normalised (PEP 503). */
  readonly name: string
  readonly version: string | null
}

/** The distribution of the command's own name, else the only one that declares the command; null where neither is. */
export function pythonPackageOf(realPath: string): PackageRef | null {
  const folder = dirname(realPath)
  if (basename(folder) !== 'bin') return null
  const command = basename(realPath)
  if (command.length > MAX_NAME_LENGTH || !/^[A-Za-z\d]([\w.-]*[A-Za-z\d])?$/.test(command))
    return null
  const libraries = join(dirname(folder), 'lib')
  const pythons = list(libraries).filter((entry) => /^python\d+(\.\d+)?t?$/.test(entry))
  for (const python of pythons.slice(0, MAX_PYTHONS)) {
    const installed = distributions(join(libraries, python, 'site-packages'))
    const own = installed.find(({ name }) => name === normalisePythonName(command))
    if (own !== undefined) return { ecosystem: 'pypi', name: command, version: own.version }
    const [only, ...others] = installed.filter((each) => declares(each, command))
    if (only !== undefined)
      return others.length > 0
        ? null
        : { ecosystem: 'pypi', name: only.name, version: only.version }
  }
  return null
}

function distributions(sitePackages: string): readonly Distribution[] {
  const found: Distribution[] = []
  for (const entry of list(sitePackages)) {
    const match = /^([A-Za-z\d][\w.-]*?)-([^-]+)\.dist-info$/.exec(entry)
    if (match === null || entry.length > MAX_NAME_LENGTH) continue
    const version = match[2] ?? ''
    found.push({
      folder: join(sitePackages, entry),
      name: normalisePythonName(match[1] ?? ''),
      version: /^[\dA-Za-z.+]{1,64}$/.test(version) ? version : null,
    })
    if (found.length === MAX_DISTRIBUTIONS) break
  }
  return found
}

function declares({ folder }: Distribution, command: string): boolean {
  const text = read(join(folder, 'entry_points.txt'))
  return text !== null && declaresCommand(text, command)
}

function read(file: string): string | null {
  let descriptor: number | null = null
  try {
    // O_NONBLOCK: a FIFO in its place must not hang us (open(2)).
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size > MAX_BYTES) return null
    const bytes = Buffer.alloc(stat.size)
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, stat.size, 0))
  } catch {
    return null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
