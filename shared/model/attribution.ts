/** Which processes belong to which running copy of which server, and how sure that is. */
import type { EpochMs, InstanceId, ProcessKey, ServerId } from './ids.ts'
import type { Process } from './process.ts'
import type { PackageRef } from './server.ts'

/**
 * `launcher` starts the server (npm exec, sh -c, uv …) · `server` is the process whose script or binary is the
 * package's · `child` is below the server · `install` is any other descendant of a launcher (install scripts).
 */
export const ROLES = ['launcher', 'server', 'child', 'install'] as const
export type Role = (typeof ROLES)[number]

export const QUALITIES = [
  'exact',
  'launcher',
  'args-subset',
  'listener',
  'remembered',
  'one-of',
  'no-client',
  'unconfigured',
] as const
export type Quality = (typeof QUALITIES)[number]

/** Why an instance is taken for a server. Closed list; `docs/attribution.md` has a sentence for each. */
export const REASONS = [
  'package',
  'script',
  'module',
  'binary',
  'command',
  'all-arguments',
  'some-arguments',
  'client-ancestor',
  'other-client-ancestor',
  'client-at-stdin',
  'other-client-at-stdin',
  'no-client-ancestor',
  'project-directory',
  'argument-size',
  'title-rewritten',
  'same-signature',
  'root-gone',
  'container-id',
  'container-name',
  'container-label',
  'container-image',
  'listening-port',
  'published-port',
  'known-package',
  'protocol-name',
  'terminal-or-file-on-stdin',
] as const
export type Reason = (typeof REASONS)[number]

export interface Member {
  readonly process: Process
  readonly role: Role
}

/** What an MCP server in no configuration is listed as; `package` is the one that its launcher was told to run. */
export interface Unconfigured {
  readonly client: string
  readonly name: string
  readonly package: PackageRef | null
}

/** Such a server as an earlier run of ours left it, in whichever process that was. */
export interface UnconfiguredBefore {
  readonly rootPid: number
  readonly unconfigured: Unconfigured
  readonly reasons: readonly Reason[]
}

/** One running copy: a root process and its tree, cut at a nested client or another instance's root. */
export interface Instance {
  readonly id: InstanceId
  /** The server, or all candidates when quality is `one-of` (sorted). Never empty. */
  readonly serverIds: readonly [ServerId, ...ServerId[]]
  readonly root: ProcessKey
  readonly rootPid: number
  readonly startedAt: EpochMs
  /** The nearest known client above the root, else the one at the other end of its descriptor 0. */
  readonly client: {
    readonly id: string
    readonly process: ProcessKey
    readonly pid: number
  } | null
  /** Processes between the root (exclusive) and the client (inclusive), nearest first: their descriptors tell inherited sockets. */
  readonly ancestors: readonly Process[]
  readonly quality: Quality
  readonly reasons: readonly Reason[]
  /** False for a developer's own run (terminal or file on stdin): listed, never judged. */
  readonly judged: boolean
  readonly orphaned: boolean
  /** What it runs in, where that is known; `id` has 12 digits. Left out for what runs in none. */
  readonly container?: {
    readonly id: string
    readonly name: string
    readonly image: string
  }
  /** Left out for what an entry declares. */
  readonly unconfigured?: Unconfigured
  /** What runs, by its own metadata; null when nothing tells. */
  readonly package: PackageRef | null
  /** Basename of what runs when no package tells (a compiled binary). */
  readonly binary: string | null
  readonly members: readonly Member[]
}

/** The state `match` folds from tick to tick: instances and roles by process key, kept while the process lives. */
export interface MatchState {
  readonly instances: ReadonlyMap<InstanceId, Instance>
  readonly roles: ReadonlyMap<ProcessKey, Role>
  /** Those whose root was the server and executed something else: whatever that is, the name stays. */
  readonly executed: ReadonlySet<InstanceId>
  /**
   * Whose a container was, by its whole number, while its engine lists it: it may be started again. Empty for one that a
   * command of nobody's has made.
   */
  readonly containers: ReadonlyMap<string, readonly ServerId[]>
}
