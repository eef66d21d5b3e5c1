/** A file that may declare servers or tell of project folders, at its absolute place. */
import type { LocatedFile } from '../../shared/clients/paths.ts'
import type { ClientRow, ConfigFile, ProjectFile } from '../../shared/clients/row.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
import { CODE_WORKSPACE_SERVERS } from '../../shared/clients/vscode-family.ts'

export interface Candidate
  extends Pick<ConfigFile, 'format' | 'servers' | 'folders' | 'switchedOff'> {
  readonly client: ClientRow
  readonly path: string
  /** As in `Server.scope`. */
  readonly scope: string
  /** The project the file belongs to, or null. */
  readonly projectDir: string | null
}

/** `star` is what the `*` of the located path stands for, null where it has none. */
export function clientCandidate(
  located: LocatedFile,
  path: string,
  star: string | null,
): Candidate {
  const { client, file } = located
  const scope = file.scope === 'profile' ? `profile:${star ?? ''}` : file.scope
  return { ...file, client, path, scope, projectDir: null }
}

/** What every client would read in a project folder. */
export function projectCandidates(
  folder: string,
  clients: readonly ClientRow[] = CLIENTS,
): Candidate[] {
  return clients.flatMap((client) =>
    client.projectFiles.map((file) => inProject(client, file, `${folder}/${file.path}`, folder)),
  )
}

/** A `.code-workspace` file that the client's workspace storage led to. */
export function workspaceCandidate(client: ClientRow, path: string): Candidate {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  const file = { path, format: 'json', servers: CODE_WORKSPACE_SERVERS } as const
  return { ...inProject(client, file, path, folder), folders: { kind: 'code-workspace' } }
}

function inProject(
  client: ClientRow,
  { format, servers }: ProjectFile,
  path: string,
  folder: string,
): Candidate {
  return { client, path, format, servers, scope: `project:${folder}`, projectDir: folder }
}
