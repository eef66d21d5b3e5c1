/** Where the files of the known clients are on this system. Pure: home, platform and environment are parameters. */
import type { Base, ClientRow, ConfigFile, Platform } from './row.ts'
import { CLIENTS } from './table.ts'

/** Variables that move folders (`XDG_CONFIG_HOME`, `CLAUDE_CONFIG_DIR`, `CODEX_HOME`); others are not looked at. */
export type PathEnvironment = Readonly<Record<string, string | undefined>>

export interface System {
  readonly platform: Platform
  /** Absolute path of the home folder. */
  readonly home: string
  /** In place of `/` for files outside of homes, so that tests do not read the machine's own. */
  readonly root?: string
  readonly env: PathEnvironment
}

/** A file of a client at its absolute place; `path` holds one `*` where `file.path` does. */
export interface LocatedFile {
  readonly client: ClientRow
  readonly file: ConfigFile
  readonly path: string
}

/** Every file outside of projects that may exist on this system, in the table's order. */
export function clientFiles(
  system: System,
  clients: readonly ClientRow[] = CLIENTS,
): readonly LocatedFile[] {
  return clients.flatMap((client) =>
    client.files
      .filter((file) => file.platforms === undefined || file.platforms.includes(system.platform))
      .map((file) => ({ client, file, path: join(folderOf(file.base, system), file.path) })),
  )
}

/** A known client with the places its servers may be declared at; project files are relative to a project. */
export interface KnownClient {
  readonly id: string
  readonly name: string
  readonly paths: readonly string[]
  readonly projectPaths: readonly string[]
}

/** What is looked for on this system, to be listed for the user. */
export function knownClients(system: System): readonly KnownClient[] {
  const files = clientFiles(system).filter((located) => located.file.servers.length > 0)
  return CLIENTS.map((client) => ({
    id: client.id,
    name: client.name,
    paths: files.filter((located) => located.client === client).map((located) => located.path),
    projectPaths: client.projectFiles.map((file) => file.path),
  }))
}

function folderOf(base: Base, system: System): string {
  if (base === 'home') return system.home
  if (base === 'root') return system.root ?? '/'
  if (base === 'user-data')
    return system.platform === 'darwin'
      ? join(system.home, 'Library/Application Support')
      : (absolute(system.env['XDG_CONFIG_HOME']) ?? join(system.home, '.config'))
  return absolute(system.env[base.env]) ?? join(system.home, base.otherwise)
}

/** Relative values are ignored, as the XDG base directory specification asks. */
function absolute(value: string | undefined): string | null {
  return value?.startsWith('/') ? value : null
}

function join(folder: string, path: string): string {
  const left = folder.replace(/\/+$/, '')
  return path === '' ? left || '/' : `${left}/${path}`
}
