/** A file that may declare servers or tell of project folders, at its absolute place. */
import { posix } from 'node:path'
import type { NamedConfig } from '../../shared/clients/named-config.ts'
import type { LocatedFile } from '../../shared/clients/paths.ts'
import type { ClientRow, ConfigFile, ProjectFile } from '../../shared/clients/row.ts'
import { CODE_WORKSPACE_SERVERS } from '../../shared/clients/vscode-family.ts'

export interface Candidate
  extends Pick<
    ConfigFile,
    'format' | 'servers' | 'single' | 'folders' | 'switches' | 'expansion' | 'isGuess'
  > {
  readonly client: ClientRow
  readonly path: string
  /** As in `Server.scope`. */
  readonly scope: string
  /** The project the file belongs to, or null. */
  readonly projectDir: string | null
  /** The folder of the plugin that it came with, or null. */
  readonly pluginDir: string | null
  /** The folder from which it was looked for; null for one that something pointed at. */
  readonly root: string | null
  /** Its place among the files of its root. */
  readonly order: number
}

/** What the walk over a folder found for one `*` of a pattern each. */
export type Stars = readonly string[]

/** `stars` are what the `*` of the located pattern stand for. */
export function clientCandidate(
  located: LocatedFile,
  path: string,
  stars: Stars,
  order = 0,
): Candidate {
  const { client, file, folder } = located
  const named = file.scope === 'profile' || file.scope === 'plugin'
  return {
    ...file,
    client,
    path,
    scope: named ? `${file.scope}:${stars.join('/')}` : file.scope,
    projectDir: null,
    pluginDir: file.scope === 'plugin' ? starFolder(located.pattern, path) : null,
    root: folder,
    order,
  }
}

/** The folder that the last `*` stands for; null where it stands for a file. */
function starFolder(pattern: string, path: string): string | null {
  const below = pattern.slice(pattern.lastIndexOf('*')).split('/').length - 1
  return below === 0 ? null : path.split('/').slice(0, -below).join('/')
}

/** A file of a project. */
export function projectCandidate(
  client: ClientRow,
  file: ProjectFile,
  path: string,
  folder: string,
  order = 0,
): Candidate {
  const scope = `project:${folder}`
  return { ...file, client, path, scope, projectDir: folder, pluginDir: null, root: folder, order }
}

/** A file of an installed plugin. */
export function pluginCandidate(
  client: ClientRow,
  file: ProjectFile,
  path: string,
  plugin: { readonly name: string; readonly folder: string },
  order = 0,
): Candidate {
  const { name, folder } = plugin
  const scope = `plugin:${name}`
  return { ...file, client, path, scope, projectDir: null, pluginDir: folder, root: folder, order }
}

/** A file that a running client was told of; it is read as the client's own of the usual form. */
export function namedCandidate({ client, path, folder }: NamedConfig): Candidate {
  const file = { format: 'json', servers: [['mcpServers']] } as const
  const place = { scope: 'user', projectDir: folder, pluginDir: null, root: null, order: 0 }
  return { ...file, ...place, client, path }
}

/** A `.code-workspace` file that the client's workspace storage led to. */
export function workspaceCandidate(client: ClientRow, path: string): Candidate {
  const file = { path, format: 'json', servers: CODE_WORKSPACE_SERVERS } as const
  const found = projectCandidate(client, file, path, posix.dirname(path))
  return { ...found, root: null, folders: { kind: 'code-workspace' } }
}
