/**
 * An npm registry and a Python index (PEP 503) for a scene, on loopback: they offer the scene's own packages and nothing
 * else. Below `/held/` no question is ever answered, so that whoever asks there is still there when processes are listed.
 */
import { createHash } from 'node:crypto'

/**
 * @typedef {object} Offer
 * @property {{name: string, version: string, manifest: object, tarball: Buffer}[]} npm
 * @property {{name: string, file: string, wheel: Buffer}[]} pypi
 */

/** @param {Offer} offer */
export function createRegistry(offer) {
  return (base) => (request, response) => {
    const path = decodeURIComponent(new URL(request.url, base).pathname)
    if (path.startsWith('/held/')) return
    const answer = answerTo(path, offer, base)
    if (answer === null) response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    else response.writeHead(200, { 'content-type': answer.type }).end(answer.body)
  }
}

function answerTo(path, offer, base) {
  if (path.startsWith('/npm/-/tarball/'))
    return bytes(offer.npm.find((each) => path === tarballPath(each))?.tarball)
  if (path.startsWith('/npm/')) return packument(path.slice('/npm/'.length), offer.npm, base)
  if (path.startsWith('/pypi/files/'))
    return bytes(offer.pypi.find(({ file }) => path === `/pypi/files/${file}`)?.wheel)
  if (path.startsWith('/pypi/simple/')) return links(path.split('/')[3], offer.pypi)
  return null
}

const tarballPath = ({ name, version }) => `/npm/-/tarball/${name}@${version}.tgz`

function bytes(body) {
  return body === undefined ? null : { type: 'application/octet-stream', body }
}

function packument(name, packages, base) {
  const versions = packages.filter((each) => each.name === name)
  const last = versions.at(-1)
  if (last === undefined) return null
  const manifests = versions.map(({ version, manifest, tarball, ...rest }) => {
    const shasum = createHash('sha1').update(tarball).digest('hex')
    const dist = { tarball: base + tarballPath({ ...rest, version }), shasum }
    return [version, { ...manifest, dist }]
  })
  const body = {
    name,
    'dist-tags': { latest: last.version },
    versions: Object.fromEntries(manifests),
  }
  return { type: 'application/json', body: JSON.stringify(body) }
}

function links(name, packages) {
  const lines = packages
    .filter((each) => normal(each.name) === normal(name ?? ''))
    .map(({ file }) => `<a href="/pypi/files/${file}">${file}</a>`)
  return lines.length === 0
    ? null
    : { type: 'text/html', body: `<!DOCTYPE html><html><body>${lines.join('')}</body></html>` }
}

/** PEP 503: how names of projects are compared. */
const normal = (name) => name.replace(/[-_.]+/g, '-').toLowerCase()
