/** What a client's configuration declares. Nothing here holds a secret: see `ArgPattern`. */
import type { ServerId } from './ids.ts'

/**
 * One configured argument, as it can be compared with a running process' argument.
 * - `literal`: the text itself.
 * - `glob`: text around placeholders the client expands (`${VAR}`, `${env:X}` …); a placeholder matches anything.
 *   Where more is left out, as it may hold a secret, `digest` is the keyed hash of all as written: it tells of changes.
 * - `digest`: the argument may hold a secret, so only its keyed hash is kept.
 */
export type ArgPattern =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'glob'; readonly parts: readonly string[]; readonly digest?: string }
  | { readonly kind: 'digest'; readonly digest: string }

/** A script on disk: where its name leads, and the package whose package.json is nearest above it. */
export interface ScriptRef {
  readonly path: string
  readonly realPath: string
  readonly package: PackageRef | null
}

/** How a client starts a stdio server. `command` is the configured command, launcher included. */
export interface Launch {
  readonly command: ArgPattern
  readonly args: readonly ArgPattern[]
  readonly cwd: string | null
  /** Of arguments that are web addresses and kept by their hash: where these lead to. Left out where there are none. */
  readonly endpoints?: readonly { readonly argument: number; readonly endpoint: Endpoint }[]
  /** The script or binary the command line names, where it can be found on disk. */
  readonly script: ScriptRef | null
}

export type Transport = 'stdio' | 'http' | 'sse' | 'ws'

/** Where a remote server is reached: never its path, query or user information. */
export interface Endpoint {
  readonly scheme: string
  readonly host: string
  readonly port: number
}

/**
 * A *configured* entry, not a process. `scope` is `user`, `managed`, `project:<dir>`, `profile:<name>` or
 * `plugin:<name>`; `unconfigured` for what runs and is in no file.
 */
export interface Server {
  readonly id: ServerId
  readonly client: string
  readonly name: string
  /** Absolute path of the file that declares it. */
  readonly source: string
  readonly scope: string
  readonly transport: Transport
  /** For stdio servers only. */
  readonly launch: Launch | null
  /** For remote servers only. */
  readonly endpoint: Endpoint | null
  /** Switched off in the file: listed, and still matched if it runs all the same. */
  readonly disabled: boolean
  /** Its client runs it inside a process of its own, where nothing tells the two apart; still matched if it runs by itself. */
  readonly inClient?: true
}

/** The scope of an MCP server that a client runs and no configuration declares; its `source` is empty. */
export const UNCONFIGURED = 'unconfigured'

export type Ecosystem = 'npm' | 'pypi' | 'image'

/** What runs, as told by the package's own metadata or by the launcher's arguments. */
export interface PackageRef {
  readonly ecosystem: Ecosystem
  readonly name: string
  readonly version: string | null
}

/** Why a configuration file could not be used; never quotes the file. Line and column count from 1. */
export interface Diagnostic {
  readonly client: string
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** What one pass over the clients' files found. A file that failed keeps its last good servers. */
export interface Discovery {
  readonly servers: readonly Server[]
  /** Files that exist and were read, with the number of servers in each. */
  readonly files: readonly {
    readonly client: string
    readonly file: string
    readonly servers: number
  }[]
  readonly diagnostics: readonly Diagnostic[]
  /**
   * When each of the files changed last (the inode's change time, which nobody can set), as of the moment at which this
   * was put together: a file that was merely written anew makes no other discovery.
   */
  readonly changedAt: ReadonlyMap<string, number>
}
