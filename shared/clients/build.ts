/** Short forms for what most rows have in common. */
import type {
  Base,
  ClientRow,
  ConfigFile,
  ConfigOption,
  KeyPath,
  ProjectFile,
  Recognition,
} from './row.ts'
import { NOTHING } from './row.ts'

/** What Claude Desktop began with and most clients took over. */
export const MCP_SERVERS: readonly KeyPath[] = [['mcpServers']]

/** Follows the XDG base directory specification on macOS too, as few clients do. */
export const CONFIG_HOME: Base = { env: 'XDG_CONFIG_HOME', otherwise: '.config' }

/** Where programs keep data that is not for people to edit, on Linux. */
export const DATA_HOME: Base = { env: 'XDG_DATA_HOME', otherwise: '.local/share' }
export const STATE_HOME: Base = { env: 'XDG_STATE_HOME', otherwise: '.local/state' }

/** Plugins wrap their servers or leave them at the top of the file. */
export const PLUGIN_SERVERS: readonly KeyPath[] = [['mcpServers'], []]

type FileOptions = Partial<Omit<ConfigFile, 'path'>>

/** A file of the user, below home and in the usual form unless told otherwise. */
export function file(path: string, over: FileOptions = {}): ConfigFile {
  return {
    base: 'home',
    path,
    format: formatOf(path),
    servers: MCP_SERVERS,
    scope: 'user',
    ...over,
  }
}

/** The same in every project. */
export function inProject(
  path: string,
  over: Partial<Omit<ProjectFile, 'path'>> = {},
): ProjectFile {
  return { path, format: formatOf(path), servers: MCP_SERVERS, ...over }
}

/** An option that names a file, which its ending tells the format of. */
export function configOption(option: string, over: Partial<ProjectFile> = {}): ConfigOption {
  return { option, files: [inProject('', over)] }
}

/** By the ending of the name; what has none of its own is JSON. */
export function formatOf(path: string): ConfigFile['format'] {
  if (path.endsWith('.toml')) return 'toml'
  return /\.ya?ml$/.test(path) ? 'yaml' : 'json'
}

/** `name.json` and `name.jsonc`. */
export function withComments<File extends { readonly path: string }>(found: File): File[] {
  return [found, { ...found, path: `${found.path}c` }]
}

/** Files outside of homes; `linux` and `darwin` are relative to the root. */
export function managed(
  paths: { readonly linux?: readonly string[]; readonly darwin?: readonly string[] },
  over: FileOptions = {},
): ConfigFile[] {
  return (['linux', 'darwin'] as const).flatMap((platform) =>
    (paths[platform] ?? []).map((path) =>
      file(path, { base: 'root', platforms: [platform], scope: 'managed', ...over }),
    ),
  )
}

/** Programs and helpers inside of macOS application bundles. */
export function apps(...names: readonly string[]): string[] {
  return names.flatMap((name) => [
    `/${name}.app/Contents/MacOS/`,
    `/${name}.app/Contents/Frameworks/`,
  ])
}

type RowOptions = Pick<ClientRow, 'files'> &
  Partial<Omit<ClientRow, 'id' | 'name' | 'running'>> & { readonly running?: Partial<Recognition> }

/**
 * A client that takes a bare URL for streamable HTTP and has no project files, unless told otherwise. `${NAME}` is open
 * where it is not known whether the client fills it in: an open place fits the text itself as well.
 */
export function client(id: string, name: string, options: RowOptions): ClientRow {
  return {
    expansion: 'environment',
    urlTransport: 'http',
    projectFiles: [],
    ...options,
    id,
    name,
    running: { ...NOTHING, ...options.running },
  }
}
