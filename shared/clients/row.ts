/** What a row of the client table says. Adding a client is one row and one sample of its file. */

/** Operating systems that have their own paths. */
export type Platform = 'linux' | 'darwin'

/**
 * The folder a path starts from: `home`; `user-data` (applications' data: `~/Library/Application Support` on macOS,
 * `${XDG_CONFIG_HOME:-~/.config}` elsewhere); `root`; one that an environment variable can name, else `otherwise` below
 * home, or nowhere where that is null; or the folder of the very file that a variable names, whose `path` is empty.
 */
export type Base =
  | 'home'
  | 'user-data'
  | 'root'
  | { readonly env: string; readonly otherwise: string | null }
  | { readonly fileEnv: string }

/** Keys from the top of the file down; `*` stands for every key, which is then the folder of a project. */
export type KeyPath = readonly string[]

/**
 * Where a file tells which folders its client works in.
 * - `keys`: the keys of the map at `at` are absolute folders.
 * - `workspace-storage`: VS Code's `workspace.json`: `folder` or `workspace`, a file URI.
 * - `code-workspace`: `folders[].path`, relative to the file.
 * - `lists`: each list at `at` holds absolute folders or file URIs, or objects that have one as `field`.
 * - `plugins`: the map at `at` names installed plugins; `installPath` of each is the folder of its `pluginFiles`.
 */
export type FolderSource =
  | { readonly kind: 'keys'; readonly at: KeyPath }
  | { readonly kind: 'workspace-storage' }
  | { readonly kind: 'code-workspace' }
  | { readonly kind: 'lists'; readonly at: readonly KeyPath[]; readonly field?: string }
  | { readonly kind: 'plugins'; readonly at: KeyPath }

/**
 * Which switches a file holds, besides those in the entries themselves. One in a project's file counts in that project,
 * any other for all of the client's servers.
 * - `names`: the list at `at` names servers of this client; where `at` has a `*`, those of that project.
 * - `allowed`: all but those are off: a list of names, one of objects with a `serverName`, or a map by name.
 * - `entries`: members of the map at `at` that only say that they are off, about servers declared elsewhere.
 * - `plugins`: the map at `at` holds false for plugins that are switched off.
 * - `plugin`: false at `at` switches off the plugin that the last `*` of the path stands for.
 */
export type SwitchSource =
  | { readonly kind: 'names' | 'entries'; readonly at: KeyPath }
  | { readonly kind: 'allowed'; readonly at: KeyPath; readonly emptyMeansNone?: boolean }
  | { readonly kind: 'plugins'; readonly at: KeyPath }
  | { readonly kind: 'plugin'; readonly at: KeyPath }

/** The whole file is about one server: a bundle's manifest (MCPB), or an entry at the top of the file. */
export interface SingleEntry {
  readonly kind: 'bundle' | 'entry'
  /** Where it has its name from; what the last `*` of the path stands for, if nothing is there. */
  readonly name: KeyPath
}

/**
 * What the client runs for a server that its file only names: the command and its arguments, `${…}` for what is not
 * known. `folder` is the plugin's, or the file's.
 */
export type Starts = (named: {
  readonly name: string
  readonly folder: string
}) => readonly string[]

/** One kind of configuration file. `path` may hold `*`, each for one segment or a part of it. */
export interface ConfigFile {
  readonly base: Base
  readonly path: string
  readonly platforms?: readonly Platform[]
  /** `shell`: a program whose commands declare servers; it is read, and never run. */
  readonly format: 'json' | 'toml' | 'yaml' | 'shell'
  /**
   * Where servers may be, a map by name or a list of entries with names; every one that is there counts. The empty path
   * is the top of the file. Below a path that others go on from, only what is an entry counts. Empty for a file that
   * only tells folders.
   */
  readonly servers: readonly KeyPath[]
  readonly single?: SingleEntry
  readonly starts?: Starts
  /** The file is a list of patches; of the rows that each has as `insert`, those of this name have an entry as `config`. */
  readonly patches?: string
  /** Where the file names another one with servers, or a list of such: relative to the plugin's folder, or its own. */
  readonly elsewhere?: KeyPath
  /** `profile` and `plugin` take their name from what the last `*` in the path stands for. */
  readonly scope: 'user' | 'managed' | 'profile' | 'plugin'
  readonly folders?: FolderSource
  readonly switches?: readonly SwitchSource[]
  /** A copy of what another file may declare too, as a plugin's in a cache: the same command line counts once. */
  readonly isCopy?: boolean
  /** It may be anything: nothing is said of what is wrong with it, and it is looked for less often. */
  readonly isGuess?: boolean
  /** Where it differs from the client's other files. */
  readonly expansion?: Expansion
  /** Whether entries of the command `node` are run inside the client, by a Node of its own. */
  readonly ownNode?: OwnNode
}

/** They are where `at` holds `is`; where it is false, none of the client's are, whatever other files say. */
export interface OwnNode {
  readonly at: KeyPath
  readonly is: string | true
}

/** A file that is looked for in every project or plugin folder; `path` is relative to it. */
export type ProjectFile = Pick<
  ConfigFile,
  'path' | 'format' | 'servers' | 'switches' | 'elsewhere' | 'expansion'
>

/**
 * An option of a client's command line that names a file, or a folder with files in it: an empty `path` is what it
 * names itself. `isPlugin`: the folder is a plugin's.
 */
export interface ConfigOption {
  readonly option: string
  readonly files: readonly ProjectFile[]
  readonly isPlugin?: boolean
}

/**
 * Which placeholders a client replaces in its file.
 * - `none`: text is passed on as it is.
 * - `environment`: `${NAME}` and `${NAME:-default}`.
 * - `shell`: also `$NAME` and `$(command)`.
 * - `editor`: `${env:NAME}`, `${input:id}`, `${userHome}`, `${workspaceFolder}` …
 * - `braces`: `{env:NAME}` and `{file:path}`.
 * - `template`: `${{ secrets.NAME }}`, `{{NAME}}` and `${NAME}`.
 */
export type Expansion = 'none' | 'environment' | 'shell' | 'editor' | 'braces' | 'template'

/** How a running copy of the client is told. All comparisons are exact and mind the case. */
export interface Recognition {
  /** Basenames of the executable. */
  readonly executables: readonly string[]
  /** Text that the executable's path contains, slashes included: `/Claude.app/Contents/MacOS/`. */
  readonly paths: readonly string[]
  /** npm packages whose script node (or bun) runs. */
  readonly packages: readonly string[]
  /** Python packages that `uv tool` or pipx installed, whose command python runs. */
  readonly pythonTools: readonly string[]
  /** Python packages of which one module is run with `-m`: an argument, so never solid evidence. */
  readonly modules: readonly string[]
  /** What argv[0] is after the client has renamed its own process; only for clients that do. */
  readonly titles: readonly string[]
  /** First arguments with which the program is not the client but an MCP server: `codex mcp-server`. */
  readonly asServer: readonly (readonly string[])[]
}

/** Recognises nothing: what a row says is laid over it. */
export const NOTHING: Recognition = {
  executables: [],
  paths: [],
  packages: [],
  pythonTools: [],
  modules: [],
  titles: [],
  asServer: [],
}

export interface ClientRow {
  readonly id: string
  readonly name: string
  readonly expansion: Expansion
  /** Transport of an entry that has a URL and names no type. */
  readonly urlTransport: 'http' | 'sse'
  readonly files: readonly ConfigFile[]
  readonly projectFiles: readonly ProjectFile[]
  /** What its installed plugins may bring, see `FolderSource`. */
  readonly pluginFiles?: readonly ProjectFile[]
  readonly configOptions?: readonly ConfigOption[]
  readonly running: Recognition
}
