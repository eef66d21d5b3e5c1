/** What a row of the client table says. Adding a client is one row and one sample of its file. */

/** Operating systems that have their own paths. */
export type Platform = 'linux' | 'darwin'

/**
 * The folder a path starts from: `home`; `user-data` (applications' data: `~/Library/Application Support` on macOS,
 * `${XDG_CONFIG_HOME:-~/.config}` elsewhere); `root`; or one that an environment variable can name, else
 * `otherwise` below home.
 */
export type Base =
  | 'home'
  | 'user-data'
  | 'root'
  | { readonly env: string; readonly otherwise: string }

/** Keys from the top of the file down; `*` stands for every key, which is then the folder of a project. */
export type KeyPath = readonly string[]

/**
 * Where a file tells which folders its client works in.
 * - `keys`: the keys of the map at `at` are absolute folders.
 * - `workspace-storage`: VS Code's `workspace.json`: `folder` or `workspace`, a file URI.
 * - `code-workspace`: `folders[].path`, relative to the file.
 */
export type FolderSource =
  | { readonly kind: 'keys'; readonly at: KeyPath }
  | { readonly kind: 'workspace-storage' }
  | { readonly kind: 'code-workspace' }

/** One kind of configuration file. `path` may hold one `*`, within one segment. */
export interface ConfigFile {
  readonly base: Base
  readonly path: string
  readonly platforms?: readonly Platform[]
  readonly format: 'json' | 'toml'
  /** Where maps of servers by name may be; every one that is there counts. Empty for a file that only tells folders. */
  readonly servers: readonly KeyPath[]
  /** `profile` takes its name from what `*` in the path stands for. */
  readonly scope: 'user' | 'managed' | 'profile'
  readonly folders?: FolderSource
  /** Lists of names switched off for a project, below a `*`. */
  readonly switchedOff?: readonly KeyPath[]
}

/** A file that is looked for in every project folder; `path` is relative to it. */
export type ProjectFile = Pick<ConfigFile, 'path' | 'format' | 'servers'>

/**
 * Which placeholders a client replaces in its file.
 * - `none`: text is passed on as it is.
 * - `environment`: `${NAME}` and `${NAME:-default}`.
 * - `editor`: `${env:NAME}`, `${input:id}`, `${userHome}`, `${workspaceFolder}` …
 */
export type Expansion = 'none' | 'environment' | 'editor'

/** How a running copy of the client is told. All comparisons are exact and mind the case. */
export interface Recognition {
  /** Basenames of the executable. */
  readonly executables: readonly string[]
  /** Text that the executable's path contains, slashes included: `/Claude.app/Contents/MacOS/`. */
  readonly paths: readonly string[]
  /** npm packages whose script node (or bun) runs. */
  readonly packages: readonly string[]
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
  readonly running: Recognition
}
