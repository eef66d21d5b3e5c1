/** Clients whose configuration is not known in full. Pure. */
import type { Discovery } from '../../shared/model/server.ts'

/** A file that went bad keeps its last good servers; one that never was good has none. */
export function unreadClients({
  diagnostics,
  files,
}: Pick<Discovery, 'diagnostics' | 'files'>): ReadonlySet<string> {
  const good = new Set(files.flatMap(({ file, servers }) => (servers > 0 ? [file] : [])))
  return new Set(diagnostics.flatMap(({ client, file }) => (good.has(file) ? [] : [client])))
}
