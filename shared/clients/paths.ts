/** Where the files of the known clients are on this system. Pure: home, platform and environment are parameters. */
import { basename } from '../text/basename.ts'
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
      .flatMap((file) =>
        placeOf(file, system).map(([folder, pattern]) => ({ client, file, folder, pattern })),
      ),
  )
}

/** What snap gives each of its applications as home; the second is its newer place. */
const SNAP_HOMES = ['snap/*/current', '.snap/data/*/current']
/** Where flatpak has an application's folders; what else it keeps below its home is in `~/.var/app/<id>` itself. */
const FLATPAK = '.var/app/*'
const FLATPAK_FOLDERS: ReadonlyMap<string, string> = new Map([
  ['.config', 'config'],
  ['.local/share', 'data'],
  ['.local/state', '.local/state'],
])

/** The same for clients in boxes of their own: flatpak and snap give each application folders like those of a home. */
export function boxedFiles(
  system: System,
  clients: readonly ClientRow[] = CLIENTS,
): readonly LocatedFile[] {
  if (system.platform !== 'linux') return []
  return clientFiles(system, clients).flatMap((located) => {
    const { file } = located
    const inHome = folderInHome(file.base)
    if (inHome === null || file.isGuess === true) return []
    const inFlatpak = below(FLATPAK, FLATPAK_FOLDERS.get(inHome) ?? inHome)
    return [inFlatpak, ...SNAP_HOMES.map((home) => below(home, inHome))].map((folder) => ({
      ...located,
      folder: system.home,
      pattern: below(folder, file.path),
    }))
  })
}

/** Where the files are in a home that no variable has changed; null for those of no home. */
function folderInHome(base: Base): string | null {
  if (base === 'home') return ''
  if (base === 'user-data') return '.config'
  return base === 'root' || 'fileEnv' in base ? null : base.otherwise
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

/** The variables that move folders of clients, or name a file of theirs. */
export function pathVariables(clients: readonly ClientRow[] = CLIENTS): ReadonlySet<string> {
  return new Set(
    clients.flatMap(({ files }) =>
      files.flatMap(({ base }) => {
        if (typeof base === 'string') return []
        return 'fileEnv' in base ? [base.fileEnv] : [base.env]
      }),
    ),
  )
}

/** False for a file that only tells folders or holds switches. */
export function declaresServers({
  servers,
  single,
  patches,
}: Pick<ConfigFile, 'servers' | 'single' | 'patches'>): boolean {
  return servers.length > 0 || single !== undefined || patches !== undefined
}

/** Folder and pattern, none where a variable would have to tell and does not. */
function placeOf({ base, path }: ConfigFile, system: System): [string, string][] {
  if (typeof base !== 'string' && 'fileEnv' in base) {
    const named = absolute(system.env[base.fileEnv])
    return named === null ? [] : [[named.slice(0, named.lastIndexOf('/')), basename(named)]]
  }
  const folder = folderOf(base, system)
  return folder === null ? [] : [[folder, path]]
}

function folderOf(base: Exclude<Base, { fileEnv: string }>, system: System): string | null {
  if (base === 'home') return trimmed(system.home)
  if (base === 'root') return trimmed(system.root ?? '/')
  if (base === 'user-data')
    return system.platform === 'darwin'
      ? join(system.home, 'Library/Application Support')
      : (absolute(system.env['XDG_CONFIG_HOME']) ?? join(system.home, '.config'))
  const named = absolute(system.env[base.env])
  return named ?? (base.otherwise === null ? null : join(system.home, base.otherwise))
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

function below(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/')
}
