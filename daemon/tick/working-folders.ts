/** The folders whose project configurations count. Pure. */
import type { Process } from '../../shared/model/process.ts'

/** More projects than anybody works on between two restarts; beyond it the longest unused are forgotten. */
const MAX_FOLDERS = 500

/**
 * The folders that clients work in or worked in: a project's servers stay configured when its client has ended.
 * The most recently used come last.
 */
export function workingFolders(
  known: readonly string[],
  clients: readonly { readonly process: Process }[],
): readonly string[] {
  const now = new Set<string>()
  for (const { process } of clients) if (process.cwd !== null) now.add(process.cwd)
  return [...known.filter((folder) => !now.has(folder)), ...now].slice(-MAX_FOLDERS)
}
