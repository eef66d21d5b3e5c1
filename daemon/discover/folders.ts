/** Which project folders, and which other files, a client's file tells of. Pure. */
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Candidate } from './candidate.ts'
import type { Document, Items } from './document.ts'

const MAX_PLUGINS = 1000
/** Other files that one names. */
const MAX_OTHERS = 16
const MAX_LISTED = 10_000

export interface FoundFolders {
  /** Absolute project folders; they need not exist. */
  readonly folders: readonly string[]
  /** Absolute paths of `.code-workspace` files. */
  readonly workspaces: readonly string[]
  /** Installed plugins with their absolute folders. */
  readonly plugins: readonly { readonly name: string; readonly folder: string }[]
  /** Absolute paths of other files with servers. */
  readonly others: readonly string[]
}

const NONE: FoundFolders = { folders: [], workspaces: [], plugins: [], others: [] }

export function foldersIn(document: Document, candidate: Candidate, home: string): FoundFolders {
  return { ...projectsIn(document, candidate), others: othersIn(document, candidate, home) }
}

function projectsIn(document: Document, candidate: Candidate): FoundFolders {
  switch (candidate.folders?.kind) {
    case undefined:
      return NONE
    case 'keys': {
      const map = document.items(candidate.folders.at)
      const keys = map.kind === 'items' ? map.items.map((item) => item.key) : []
      return { ...NONE, folders: keys.flatMap(usable) }
    }
    case 'workspace-storage':
      return {
        ...NONE,
        folders: fromUri(document.value(['folder'])),
        workspaces: fromUri(document.value(['workspace'])),
      }
    case 'code-workspace':
      return { ...NONE, folders: workspaceFolders(document, candidate.path) }
    case 'lists': {
      const { at, field } = candidate.folders
      return { ...NONE, folders: at.flatMap((path) => listedIn(document.value(path), field)) }
    }
    case 'plugins':
      return { ...NONE, plugins: installedPlugins(document.items(candidate.folders.at)) }
  }
}

function workspaceFolders(document: Document, file: string): string[] {
  const folders = document.value(['folders'])
  if (!Array.isArray(folders)) return []
  return folders.flatMap((folder: unknown) => {
    if (typeof folder !== 'object' || folder === null) return []
    if ('uri' in folder) return fromUri(folder.uri)
    if (!('path' in folder) || typeof folder.path !== 'string') return []
    return usable(posix.resolve(posix.dirname(file), folder.path))
  })
}

function listedIn(list: unknown, field: string | undefined): string[] {
  if (!Array.isArray(list)) return []
  return list.slice(0, MAX_LISTED).flatMap((member: unknown) => {
    const place = field === undefined ? member : ownField(member, field)
    return typeof place === 'string' && place.startsWith('/') ? usable(place) : fromUri(place)
  })
}

function ownField(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined
}

/** A plugin may bring what is in its own folder, and nothing else. */
function othersIn(document: Document, candidate: Candidate, home: string): string[] {
  if (candidate.elsewhere === undefined) return []
  const { pluginDir, path } = candidate
  return [document.value(candidate.elsewhere)]
    .flat()
    .filter((named) => typeof named === 'string' && named !== '' && !named.startsWith('{'))
    .slice(0, MAX_OTHERS)
    .map((named) => {
      const fromHome = String(named).replace(/^~(?=\/)/, home)
      return posix.resolve(pluginDir ?? posix.dirname(path), fromHome)
    })
    .flatMap(usable)
    .filter((other) => pluginDir === null || other.startsWith(`${pluginDir}/`))
}

/** Each has one installation, or a list of them: one a scope. */
function installedPlugins(map: Items): FoundFolders['plugins'] {
  if (map.kind !== 'items') return []
  return map.items.slice(0, MAX_PLUGINS).flatMap(({ key, value }) =>
    [value()].flat().flatMap((installed: unknown) => {
      if (typeof installed !== 'object' || installed === null) return []
      if (!('installPath' in installed) || typeof installed.installPath !== 'string') return []
      return usable(installed.installPath).map((folder) => ({ name: key, folder }))
    }),
  )
}

/** Folders of other machines (`vscode-remote:`) and what is no file URI are left out. */
function fromUri(uri: unknown): string[] {
  if (typeof uri !== 'string' || !/^file:\/\/\//i.test(uri)) return []
  try {
    return usable(fileURLToPath(uri))
  } catch {
    return [] // an encoded slash, a broken percent escape
  }
}

/** As an absolute path without trailing slash; the file system's root is nobody's project. */
function usable(folder: string): string[] {
  if (!folder.startsWith('/') || folder.includes('\0') || folder.length > 4096) return []
  const path = posix.normalize(folder).replace(/\/$/, '')
  return path === '' ? [] : [path]
}
