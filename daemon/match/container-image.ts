/** Whether a container is of the image that a command names. Pure. */
import type { ImageCall } from '../../shared/argv/container.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { Container } from '../../shared/model/container.ts'
import type { Matcher } from './pattern.ts'

/** The last part of both names differs: tells nearly all apart at little cost, as all commands are held to all containers. */
export function isNamedOtherwise(reference: string, { image, imageId }: Container): boolean {
  if (image === '' || reference.includes(HOLE) || isIdOf(reference, imageId)) return false
  return lastPartOf(reference) !== lastPartOf(image)
}

function lastPartOf(image: string): string {
  const at = image.indexOf('@')
  const start = image.lastIndexOf('/', at < 0 ? image.length : at) + 1
  const colon = image.indexOf(':', start)
  const ends = [at, colon].filter((end) => end >= 0)
  return image.slice(start, Math.min(image.length, ...ends))
}

/**
 * Null where the engine does not tell the image. A name without registry is the default one's, and Podman's are of any that
 * it is set to look into; without tag it is the latest.
 */
export function isSameImage(
  { reference }: ImageCall,
  container: Container,
  matcher: Matcher,
): boolean | null {
  const { image, imageId } = container
  if (image === '') return null
  if (isIdOf(reference, imageId)) return true
  const forms = [image, ...namesOf(image)]
  if (forms.some((form) => matcher.word(reference, form))) return true
  if (reference.includes(HOLE)) return false
  const [name, tag, digest] = partsOf(reference)
  const [toldName, toldTag, toldDigest] = partsOf(image)
  if (digest !== '' && toldDigest !== '' && digest !== toldDigest) return false
  if (digest === '' && toldDigest === '' && tag !== toldTag) return false
  if (bareName(name) === bareName(toldName)) return true
  return container.engine === 'podman' && !hasRegistry(name) && toldName.endsWith(`/${name}`)
}

/** Docker takes any beginning of an image's number for it, Podman too. */
function isIdOf(reference: string, imageId: string | null): boolean {
  if (imageId === null || reference.includes('/')) return false
  const digits = reference.startsWith('sha256:') ? reference.slice(7) : reference
  return imageId.startsWith(digits, 7) && /^[0-9a-f]{4,64}$/.test(digits)
}

function namesOf(image: string): string[] {
  const bare = bareName(image)
  return [bare, bare.replace(/:latest$/, '')]
}

function bareName(image: string): string {
  return image.replace(/^(?:docker\.io\/(?:library\/)?|localhost\/)/, '')
}

function partsOf(image: string): readonly [name: string, tag: string, digest: string] {
  const [tagged = '', digest = ''] = image.split('@')
  const colon = tagged.lastIndexOf(':')
  const hasTag = colon > 0 && tagged.indexOf('/', colon) < 0
  return hasTag
    ? [tagged.slice(0, colon), tagged.slice(colon + 1), digest]
    : [tagged, 'latest', digest]
}

/** The first part of a reference is a registry where it has a dot or a port (Docker's reference grammar). */
function hasRegistry(name: string): boolean {
  return /^(?:[^/]*[.:][^/]*|localhost)\//.test(name)
}
