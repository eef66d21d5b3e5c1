/** What the daemon is composed for: this machine and its user, and what was asked for. */
import type { EngineName } from '../shared/model/observation.ts'
import type { Folders } from './host/folders.ts'
import type { User } from './host/world.ts'
import type { Clock } from './ports.ts'

/** Asked of this machine once, at the start. */
export interface Machine {
  readonly platform: 'linux' | 'darwin'
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly folders: Folders
  /** Set under sudo: the user whose files the daemon's are. */
  readonly owner: User | null
  /** What to tell of whose clients are watched, or null. */
  readonly notice: string | null
  /** Only what is configured in the home folder counts. */
  readonly sandboxed: boolean
  readonly clock: Clock
}

export interface Wishes {
  /** Null leaves the choice to the ladder. */
  readonly engine: EngineName | null
  /** Null is the engine's own interval. */
  readonly intervalMs: number | null
}
