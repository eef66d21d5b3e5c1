/** Path arithmetic on text alone: pure rooms do not ask the file system. POSIX paths only. */
import { basename } from '../../shared/text/basename.ts'

/** `target` seen from `folder`, without `.`, `..` and doubled slashes; null when neither is absolute. */
export function resolvePath(folder: string | null, target: string): string | null {
  const joined = target.startsWith('/') ? target : `${folder ?? ''}/${target}`
  if (!target.startsWith('/') && !(folder ?? '').startsWith('/')) return null
  const parts: string[] = []
  for (const part of joined.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Whether `path` is `folder` or lies below it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** The name a program is called by: Nix keeps the real `foo` as `.foo-wrapped` beside a wrapper of that name. */
export function programName(path: string): string {
  return basename(path).replace(/^\.(.+)-wrapped_*$/, '$1')
}

/** The same path, but of the wrapper where it is of what Nix has wrapped. */
export function wrapperPath(path: string): string {
  return path.replace(/\/\.([^/]+)-wrapped_*$/, '/$1')
}

/** In a folder that PATH is made of, so that a bare command name leads there. */
export function isInstalled(path: string): boolean {
  return /\/(\.?bin|shims)\/[^/]+$/.test(path)
}

/** Where no PATH leads: what a project has installed for itself, and what package runners keep. */
export function isPrivate(path: string): boolean {
  return /\/(node_modules\/\.bin|_npx|archive-v0|dlx(-[^/]*)?|\.?bunx-[^/]*|pipx\/\.cache)\//.test(
    path,
  )
}

/** The npm package whose file the path names, as far as folders tell. */
export function packageInPath(path: string): string | null {
  return /^.*\/node_modules\/((?:@[^/]+\/)?[^/.@][^/]*)\/.+$/s.exec(path)?.[1] ?? null
}
