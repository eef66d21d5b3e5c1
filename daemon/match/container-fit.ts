/** Whether a container is what a `docker run` makes, as configured or as it runs. Pure. */
import type { ImageCall } from '../../shared/argv/container.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { Reason } from '../../shared/model/attribution.ts'
import type { Container } from '../../shared/model/container.ts'
import { isNamedOtherwise, isSameImage } from './container-image.ts'
import { resolvePath } from './paths.ts'
import type { Matcher } from './pattern.ts'

export type ContainerEvidence = Extract<
  Reason,
  'container-id' | 'container-name' | 'container-label' | 'container-image'
>

/** The strongest first. */
export const EVIDENCE: readonly ContainerEvidence[] = [
  'container-id',
  'container-name',
  'container-label',
  'container-image',
]

export interface Fit {
  readonly evidence: ContainerEvidence
  /**
   * All of it is told, and the same: the arguments too, where engines may tell those of the image in place of none, and
   * file and labels, which Podman without its service does not always tell.
   */
  readonly isWhole: boolean
}

/** `folder` is the one that relative paths are seen from. Null where anything says that it is another container. */
export function fitOf(
  call: ImageCall,
  container: Container,
  matcher: Matcher,
  folder: string | null,
): Fit | null {
  const { options } = call
  const path = (text: string): string => localPath(text, folder)
  if (options.interactive !== container.interactive) return null
  if (container.detached !== undefined && container.detached !== options.detach) return null
  if (isNamedOtherwise(call.reference, container)) return null
  if (isOther(options.name, container.name, matcher)) return null
  if (isOtherFile(options.cidFile, container)) return null
  if (isOther(filePath(options.cidFile, folder), container.cidFile, matcher)) return null
  if (isOtherNetwork(options.network, container)) return null
  const isLabelled = options.labels.every((label) => hasLabel(container, label, matcher))
  if (!isLabelled && tellsLabels(container)) return null
  const sameArgs = matcher.compare(call.args, container.command, 'given') === 'all'
  const isTold = isLabelled && (options.cidFile === null) === (container.cidFile === null)
  const isWhole = sameArgs && isTold
  const image = isSameImage(call, container, matcher)
  // a name and a file may be given again, to anything
  if (image === false) return null
  if (options.cidFile !== null && container.cidFile !== null)
    return { evidence: 'container-id', isWhole }
  const mounts = options.mounts.map(path)
  if (!hasMounts(container, mounts, matcher)) return null
  if (options.name !== null) return { evidence: 'container-name', isWhole }
  if (image === null || (call.args.length > 0 && !sameArgs)) return null
  if (options.labels.length > 0 && isLabelled) return { evidence: 'container-label', isWhole }
  const isAlike =
    boundFolders(container.mounts) <= boundFolders(mounts) &&
    (options.network !== null || container.network !== 'none')
  return isAlike ? { evidence: 'container-image', isWhole } : null
}

/** One has such a file and the other has none. Podman tells it in a file of its own, which may not be readable. */
function isOtherFile(wanted: string | null, { engine, cidFile }: Container): boolean {
  if (wanted === null) return cidFile !== null
  return cidFile === null && engine !== 'podman'
}

function filePath(text: string | null, folder: string | null): string | null {
  if (text === null || text.startsWith('/') || text.includes(HOLE)) return text
  // Where the folder is not known, any may be meant.
  return resolvePath(folder, text) ?? HOLE
}

/** Both are told, and differ. */
function isOther(wanted: string | null, told: string | null, matcher: Matcher): boolean {
  return wanted !== null && told !== null && !matcher.word(wanted, told)
}

/** A relative path, of a mount or of a file, is one of the folder that the tool was started in. */
function localPath(text: string, folder: string | null): string {
  if (!/^\.{1,2}(?=[/:]|$)/.test(text)) return text
  const [source = '', ...rest] = text.split(':')
  const full = resolvePath(folder, source)
  return full === null ? text : [full, ...rest].join(':')
}

function isOtherNetwork(wanted: string | null, { engine, network }: Container): boolean {
  if (wanted === null || wanted.includes(HOLE) || network === 'unknown') return false
  if (wanted === 'host') return network !== 'host'
  // without its service, Podman's `none` and `container:` look like a network of its own
  if (wanted.startsWith('container:'))
    return network !== 'shared' && !(engine === 'podman' && network === 'own')
  return network === 'host' || (network === 'none' && wanted !== 'none')
}

/** Podman without its service does not. */
function tellsLabels({ engine, labels }: Container): boolean {
  return engine !== 'podman' || labels.size > 0
}

function hasLabel({ labels }: Container, wanted: string, matcher: Matcher): boolean {
  if (!wanted.includes(HOLE)) {
    const equals = wanted.indexOf('=')
    return labels.get(wanted.slice(0, equals)) === wanted.slice(equals + 1)
  }
  for (const [key, value] of labels) if (matcher.word(wanted, `${key}=${value}`)) return true
  return false
}

/** Without the slash that may end a folder. A volume is told by its name, or by the folder that it is in. */
function hasMounts({ mounts }: Container, wanted: readonly string[], matcher: Matcher): boolean {
  const bare = (mount: string): string => mount.replace(/\/+(?=:|$)/g, '')
  const told = mounts.map(bare)
  return wanted.every((mount) => {
    const [source = '', target = ''] = bare(mount).split(':')
    const isVolume = /^[\w.-]+$/.test(source)
    return told.some(
      (other) =>
        matcher.word(bare(mount), other) ||
        (isVolume && other.endsWith(`/${source}/_data:${target}`)),
    )
  })
}

/** Folders of this machine that are mounted; volumes, which images have of their own, left out. */
function boundFolders(mounts: readonly string[]): number {
  return mounts.filter((mount) => /^[/~.\0$]/.test(mount) && !mount.includes('/_data:')).length
}
