/** Where the files of the known clients are on this system. Pure: home, platform and environment are parameters. */
import type { Base, ClientRow, ConfigFile, Platform } from './row.ts'
import { CLIENTS, NAMED_CLIENTS } from './table.ts'

/** Variables that move folders (`XDG_CONFIG_HOME`, `CLAUDE_CONFIG_DIR`, `CODEX_HOME` …); others are not looked at. */
export type PathEnvironment = Readonly<Record<string, string | undefined>>

export interface System {
  readonly platform: Platform
  /** Absolute path of the home folder. */
  readonly home: string
  /** In place of `/` for files outside of homes, so that tests do not read the machine's own. */
  readonly root?: string
  readonly env: PathEnvironment
}

/** A file of a client: `pattern` is relative to the absolute `folder` and holds `*` as `file.path` does. */
export interface LocatedFile {
  readonly client: ClientRow
  readonly file: ConfigFile
  readonly folder: string
  readonly pattern: string
}

/** Every file outside of projects that may exist on this system, in the table's order. */
export function clientFiles(
  system: System,
  clients: readonly ClientRow[] = CLIENTS,
): readonly LocatedFile[] {
  return clients.flatMap((client) =>
    client.files
      .filter((file) => file.platforms === undefined || file.platforms.includes(system.platform))
      .map((file) => ({ client, file, folder: folderOf(file.base, system), pattern: file.path })),
  )
}

/**
 * The same for clients in boxes of their own: flatpak gives an application `~/.var/app/<id>/config` for its settings,
 * snap a whole home in `~/snap/<name>/current`.
 */
export function boxedFiles(
  system: System,
  clients: readonly ClientRow[] = CLIENTS,
): readonly LocatedFile[] {
  if (system.platform !== 'linux') return []
  return clientFiles(system, clients).flatMap((located) => {
    const { base, path } = located.file
    const at = (pattern: string): LocatedFile => ({ ...located, folder: system.home, pattern })
    if (base === 'root' || located.file.isGuess === true) return []
    if (base === 'home') return [at(`snap/*/current/${path}`)]
    if (base === 'user-data' || base.otherwise === '.config')
      return [at(`.var/app/*/config/${path}`), at(`snap/*/current/.config/${path}`)]
    return [at(`snap/*/current/${base.otherwise === '' ? '' : `${base.otherwise}/`}${path}`)]
  })
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
  const files = clientFiles(system).filter(({ file }) => declaresServers(file))
  return NAMED_CLIENTS.map((client) => ({
    id: client.id,
    name: client.name,
    paths: files
      .filter((located) => located.client === client)
      .map(({ folder, pattern }) => join(folder, pattern)),
    projectPaths: client.projectFiles.filter(declaresServers).map((file) => file.path),
  }))
}

/** False for a file that only tells folders or holds switches. */
export function declaresServers(file: Pick<ConfigFile, 'servers' | 'single'>): boolean {
  return file.servers.length > 0 || file.single !== undefined
}

function folderOf(base: Base, system: System): string {
  if (base === 'home') return trimmed(system.home)
  if (base === 'root') return trimmed(system.root ?? '/')
  if (base === 'user-data')
    return system.platform === 'darwin'
      ? join(system.home, 'Library/Application Support')
      : (absolute(system.env['XDG_CONFIG_HOME']) ?? join(system.home, '.config'))
  return absolute(system.env[base.env]) ?? join(system.home, base.otherwise)
}

/** Relative values are ignored, as the XDG base directory specification asks. */
function absolute(value: string | undefined): string | null {
  return value?.startsWith('/') ? trimmed(value) : null
}

/** Without slashes at the end; the file system's root is the empty text. */
function trimmed(folder: string): string {
  return folder.replace(/\/+$/, '')
}

function join(folder: string, path: string): string {
  return path === '' ? trimmed(folder) : `${trimmed(folder)}/${path}`
}
