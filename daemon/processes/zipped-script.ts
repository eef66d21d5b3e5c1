/**
 * Scripts that lie in an archive: Yarn's Plug'n'Play runs packages from the `.zip` files of its cache, and the path goes on inside.
 * What package it is follows from the path: `<slug>-npm-<version>-<hash>-<hash>.zip/node_modules/<name>/…`. Pure.
 */
import { readNpmSpec, toPackageRef } from '../../shared/argv/package-spec.ts'
import type { PackageRef } from '../../shared/model/server.ts'

/** `archive` is the path of the file that is really there. */
export interface ZippedScript {
  readonly archive: string
  readonly package: PackageRef | null
}

/** Null: nothing of the path is an archive of packages. */
export function readZippedScript(path: string): ZippedScript | null {
  const found = /^(.+\.zip)\/node_modules\/((?:@[^/]+\/)?[^/]+)\/./.exec(path)
  const [, archive = '', name = ''] = found ?? []
  return found === null ? null : { archive, package: packageOf(archive, name) }
}

function packageOf(archive: string, name: string): PackageRef | null {
  const file = archive.slice(archive.lastIndexOf('/') + 1)
  const slug = `${name.replace('/', '-')}-npm-`
  const version = file.startsWith(slug)
    ? /^(.+?)(?:-[0-9a-f]{6,})+\.zip$/.exec(file.slice(slug.length))?.[1]
    : undefined
  return toPackageRef('npm', readNpmSpec(version === undefined ? name : `${name}@${version}`))
}
