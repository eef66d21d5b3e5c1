/**
 * An npm registry that offers what is installed in this project's node_modules, and the packages among the fixtures,
 * packed anew on each request: enough for a cold `npx` inside a lab. Read only, no integrity sums (npm takes packages without).
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

const FIXTURES = join(PROJECT, 'test/fixtures/packages')

/** name → version → folder, from the lockfile that npm leaves beside what it installed. */
function installed() {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'node_modules/.package-lock.json'), 'utf8'))
  const packages = new Map()
  for (const [path, { version }] of Object.entries(lock.packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const versions = packages.get(name) ?? new Map()
    packages.set(name, versions.set(version, join(PROJECT, path)))
  }
  for (const name of readdirSync(FIXTURES)) {
    packages.set(name, new Map([['1.0.0', join(FIXTURES, name)]]))
  }
  return packages
}

function packument(name, versions, base) {
  const manifests = [...versions].map(([version, folder]) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    // What is installed was built for this very machine; a second build would need the outside.
    if (!folder.startsWith(FIXTURES)) delete manifest.scripts
    return [version, { ...manifest, dist: { tarball: `${base}/-/tarball/${name}@${version}` } }]
  })
  const latest = [...versions.keys()].at(-1)
  return { name, 'dist-tags': { latest }, versions: Object.fromEntries(manifests) }
}

function sendTarball(folder, response) {
  // A hundred packages at once: packing them well would take longer than all else.
  const how = ['--exclude=./node_modules', '--transform=s,^[.],package,', '-I', 'gzip -1']
  const tar = spawn('tar', [...how, '-cf', '-', '-C', folder, '.'])
  tar.stdout.pipe(response)
  tar.on('error', () => response.destroy())
}

/** A request handler for node:http. `base` is the address that it is reached at. */
export function createRegistry(base) {
  const packages = installed()
  return (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', base).pathname).slice(1)
    const [, name, version] = /^-\/tarball\/(.+)@([^@]+)$/.exec(path) ?? [null, path, null]
    const versions = packages.get(name)
    const folder = version === null ? undefined : versions?.get(version)
    if (folder !== undefined) sendTarball(folder, response)
    else if (versions !== undefined && version === null) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(packument(name, versions, base)))
    } else {
      response.statusCode = 404
      response.end('{}')
    }
  }
}
