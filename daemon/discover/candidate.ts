/** A file that may declare servers or tell of project folders, at its absolute place. */
import { posix } from 'node:path'
import { formatOf, PLUGIN_SERVERS } from '../../shared/clients/build.ts'
import type { NamedConfig } from '../../shared/clients/named-config.ts'
import type { LocatedFile } from '../../shared/clients/paths.ts'
import type { ClientRow, ConfigFile, ProjectFile } from '../../shared/clients/row.ts'
import { CODE_WORKSPACE_SERVERS } from '../../shared/clients/vscode-family.ts'

export interface Candidate
  extends Pick<
    ConfigFile,
    | 'format'
    | 'servers'
    | 'single'
    | 'starts'
    | 'patches'
    | 'elsewhere'
    | 'folders'
    | 'switches'
    | 'expansion'
    | 'isCopy'
    | 'ownNode'
    | 'isGuess'
  > {
  readonly client: ClientRow
  readonly path: string
  /** As in `Server.scope`. */
  readonly scope: string
  /** The project the file belongs to, or null. */
  readonly projectDir: string | null
  /** The folder of the plugin that it came with, or null. */
  readonly pluginDir: string | null
  /** What the last `*` of its place stands for; null without one. */
  readonly star: string | null
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
    star: stars.at(-1) ?? null,
    root: folder,
    order,
  }
}

/** The folder that the last `*` stands for; null where it stands for a file. */
function starFolder(pattern: string, path: string): string | null {
  const below = pattern.slice(pattern.lastIndexOf('*')).split('/').length - 1
  return below === 0 ? null : path.split('/').slice(0, -below).join('/')
}

/** A file of a project; what a `*` of its pattern stands for is taken for a plugin's folder. */
export function projectCandidate(
  client: ClientRow,
  file: ProjectFile,
  path: string,
  folder: string,
  order = 0,
): Candidate {
  const pluginDir = file.path.includes('*') ? starFolder(file.path, path) : null
  const place = { scope: `project:${folder}`, projectDir: folder, pluginDir, star: null }
  return { ...file, ...place, client, path, root: folder, order }
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
  const place = { scope: `plugin:${name}`, projectDir: null, pluginDir: folder, star: name }
  return { ...file, ...place, client, path, root: folder, order }
}

/** A file that a running client was told of. */
export function namedCandidate({ client, path, folder, file, pluginDir }: NamedConfig): Candidate {
  const place = { scope: 'user', projectDir: folder, pluginDir, star: null, root: null, order: 0 }
  return { ...file, ...place, client, path }
}

/** A file that another one of the client points at; whatever else that one tells, this one has servers. */
export function referredCandidate(from: Candidate, path: string): Candidate {
  const { client, scope, projectDir, pluginDir, star, expansion } = from
  const file = { format: formatOf(path), servers: PLUGIN_SERVERS }
  const place = { scope, projectDir, pluginDir, star, root: null, order: 0 }
  return { ...file, ...place, client, path, ...(expansion === undefined ? {} : { expansion }) }
}

/** A `.code-workspace` file that the client's workspace storage led to. */
export function workspaceCandidate(client: ClientRow, path: string): Candidate {
  const file = { path, format: 'json', servers: CODE_WORKSPACE_SERVERS } as const
  const found = projectCandidate(client, file, path, posix.dirname(path))
  return { ...found, root: null, folders: { kind: 'code-workspace' } }
}
