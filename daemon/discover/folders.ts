/** Which project folders a client's file tells of. Pure. */
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Candidate } from './candidate.ts'
import type { Document } from './document.ts'

export interface FoundFolders {
  /** Absolute project folders; they need not exist. */
  readonly folders: readonly string[]
  /** Absolute paths of `.code-workspace` files. */
  readonly workspaces: readonly string[]
}

export function foldersIn(document: Document, candidate: Candidate): FoundFolders {
  switch (candidate.folders?.kind) {
    case undefined:
      return { folders: [], workspaces: [] }
    case 'keys': {
      const map = document.items(candidate.folders.at)
      const keys = map.kind === 'items' ? map.items.map((item) => item.key) : []
      return { folders: keys.flatMap(usable), workspaces: [] }
    }
    case 'workspace-storage':
      return {
        folders: fromUri(document.value(['folder'])),
        workspaces: fromUri(document.value(['workspace'])),
      }
    case 'code-workspace':
      return { folders: workspaceFolders(document, candidate.path), workspaces: [] }
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
